import * as Toast from '@radix-ui/react-toast';
import { useSyncExternalStore } from 'react';

interface Note {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
}

let notes: readonly Note[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Note[]): void {
  notes = next;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Says in a corner, and to screen readers, what an action has done. */
export function say(text: string): void {
  change([...notes, { id: ++lastId, text, isBad: false }]);
}

export function sayProblem(text: string): void {
  change([...notes, { id: ++lastId, text, isBad: true }]);
}

const SHOWN_MS = 6_000;

export function Toasts() {
  const shown = useSyncExternalStore(listen, () => notes);
  return (
    <Toast.Provider duration={SHOWN_MS} label="Message">
      {shown.map(({ id, text, isBad }) => (
        <Toast.Root
          key={id}
          className={isBad ? 'toast bad' : 'toast'}
          type={isBad ? 'foreground' : 'background'}
          onOpenChange={(isOpen) => {
            if (!isOpen) change(notes.filter((note) => note.id !== id));
          }}
        >
          <Toast.Description>{text}</Toast.Description>
          <Toast.Close className="button" aria-label="Close message">
            ✕
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="toasts" />
    </Toast.Provider>
  );
}
