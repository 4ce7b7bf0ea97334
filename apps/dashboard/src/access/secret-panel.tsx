import { useEffect, useRef } from 'react';
import type { KeyIssued } from '@gistpool/contracts';
import { say, sayProblem } from '../ui/toasts';

interface SecretPanelProps {
  readonly issued: KeyIssued;
  readonly onDone: () => void;
}

/** The one time that a key is seen. It is held by this page only, and gone with it. */
export function SecretPanel({ issued, onDone }: SecretPanelProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus(), [issued.id]);
  const copy = (): void => {
    navigator.clipboard.writeText(issued.secret).then(
      () => say('The key is copied.'),
      () => sayProblem('The browser does not let it be copied; mark it instead.'),
    );
  };
  return (
    <section ref={panel} className="panel stack tight secret" aria-labelledby="secret" tabIndex={-1}>
      <h2 id="secret">A new key for {issued.tenant}</h2>
      <p>
        Keep it now: <strong>it is shown this once</strong>, and stored nowhere.
      </p>
      <code className="key-text">{issued.secret}</code>
      <div className="row">
        <button type="button" className="button" onClick={copy}>
          Copy
        </button>
        <button type="button" className="button strong" onClick={onDone}>
          I have kept it
        </button>
      </div>
    </section>
  );
}
