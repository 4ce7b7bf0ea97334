import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Question } from './question';
import { Simulator, type Run } from './simulator';
import type { OwnJobs } from './what-if';

/** Simulates whatever is asked, anew when it changes. `own`: undefined where it is not needed, null while it is not there. */
export function useSimulation(question: Question, own: OwnJobs | null | undefined) {
  const [simulator] = useState(() => new Simulator());
  const run: Run = useSyncExternalStore(simulator.listen, simulator.read);
  const [again, setAgain] = useState(0);
  const asked = JSON.stringify(question);
  useEffect(() => {
    if (own === null) return;
    simulator.ask({ question: JSON.parse(asked) as Question, ...(own && { own }) });
    return () => simulator.end();
  }, [simulator, asked, own, again]);
  return { run, stop: () => simulator.stop(), runAgain: () => setAgain((times) => times + 1) };
}
