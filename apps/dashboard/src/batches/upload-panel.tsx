import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { messageOf } from '../api/client';
import { bytes, percent } from '../format/numbers';
import { queryClient } from '../api/query-client';
import { DropZone } from './drop-zone';
import { FileReceipt } from './file-receipt';
import { rememberBatch } from './known-batches';
import { ReceiptPanel } from './receipt-panel';
import { uploadBatch } from './upload';

export function UploadPanel() {
  const [sentShare, setSentShare] = useState(0);
  const stop = useRef<AbortController>(null);
  const { mutate, data, error, isPending, variables } = useMutation({
    mutationFn: (file: File) => {
      stop.current = new AbortController();
      setSentShare(0);
      return uploadBatch(file, setSentShare, stop.current.signal);
    },
    onSuccess: (sent, { name }) => {
      if (sent.kind === 'openai') return void queryClient.invalidateQueries({ queryKey: ['openai-batches'] });
      const { id, accepted, rejected } = sent.receipt;
      if (accepted > 0) rememberBatch({ id, name, accepted, rejected, sentAtMs: Date.now() });
    },
  });
  return (
    <>
      <DropZone isBusy={isPending} onFile={(file) => mutate(file)} />
      {isPending && (
        <div className="panel row" role="status">
          <span>
            Sending {variables.name} ({bytes(variables.size)}): {percent(sentShare)}
          </span>
          <button type="button" className="button" onClick={() => stop.current?.abort()}>
            Stop
          </button>
        </div>
      )}
      {error !== null && (
        <p className="notice bad" role="alert">
          {messageOf(error)}
        </p>
      )}
      {data?.kind === 'jobs' && <ReceiptPanel receipt={data.receipt} name={variables?.name ?? ''} />}
      {data?.kind === 'openai' && <FileReceipt batch={data.batch} name={variables?.name ?? ''} />}
    </>
  );
}
