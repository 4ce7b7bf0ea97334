import { useId, useState } from 'react';

interface DropZoneProps {
  readonly isBusy: boolean;
  readonly onFile: (file: File) => void;
}

/** A file of lines, dropped or chosen. */
export function DropZone({ isBusy, onFile }: DropZoneProps) {
  const id = useId();
  const [isOver, setIsOver] = useState(false);
  const take = (files: FileList | null): void => {
    const file = files?.[0];
    if (file !== undefined && !isBusy) onFile(file);
  };
  return (
    <div
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <p>
        Drop a JSONL file here, one job or OpenAI request per line, or <label htmlFor={id}>choose one</label>:
      </p>
      <input
        id={id}
        type="file"
        accept=".jsonl,.ndjson,.json,.txt"
        disabled={isBusy}
        onChange={(event) => {
          take(event.target.files);
          event.target.value = '';
        }}
      />
      <p className="soft small">
        <code>{'{"custom_id": "a", "prompt": "What is 17 + 25?"}'}</code>: each line is the body of{' '}
        <a href="/docs#submitJob">a single job</a>. Or, as in OpenAI&apos;s batches,{' '}
        <code>{'{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {…}}'}</code>.
        Lines that are wrong are named; the others are taken.
      </p>
    </div>
  );
}
