import { memo } from 'react';
import { count, percent, plural } from '../format/numbers';
import type { ThoughtStory } from './story';

/** One finished thought: its text, and what of it stays in memory. */
export const ThoughtCard = memo(function ThoughtCard({ thought }: { readonly thought: ThoughtStory }) {
  const { tokens, cellsBefore, cellsAfter, text } = thought;
  return (
    <li className="thought">
      <header className="row apart">
        <h3>Thought {count(thought.thought + 1)}</h3>
        <span className="soft small number">{tokens !== undefined && plural(tokens, 'token')}</span>
      </header>
      <p className="said">{text}</p>
      {cellsBefore !== undefined && cellsAfter !== undefined && (
        <div className="small soft number">
          <div className="shrink" aria-hidden="true">
            <span style={{ width: `${(100 * cellsAfter) / Math.max(1, cellsBefore)}%` }} />
          </div>
          {count(cellsBefore)} cells before, {count(cellsAfter)} after (
          {percent(1 - cellsAfter / Math.max(1, cellsBefore))} freed)
        </div>
      )}
    </li>
  );
});
