import type { PredictionGroup } from '@gistpool/contracts';
import { count, percent, rate } from '../format/numbers';
import { keptShare } from './points';

interface GroupTableProps {
  readonly groups: readonly PredictionGroup[];
  readonly eps: number;
}

/** What was learnt, group by group; a group that breaks its promise stands out. */
export function GroupTable({ groups, eps }: GroupTableProps) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Table of groups">
      <table className="table">
        <thead>
          <tr>
            <th>Model, policy</th>
            <th>Task</th>
            <th className="right">Prompt about</th>
            <th>Limits about</th>
            <th className="right">Sessions</th>
            <th className="right">Kept</th>
            <th className="right">Widened by</th>
            <th className="right">Sharpness</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => {
            const kept = keptShare(group.coverage);
            const isBroken = kept !== null && group.coverage.promises >= 1 / eps && kept < 1 - eps;
            return (
              <tr
                key={JSON.stringify([
                  group.model,
                  group.policy,
                  group.task,
                  group.prompt_tokens,
                  group.limits,
                ])}
              >
                <td>
                  {group.model}
                  <div className="soft small">{group.policy}</div>
                </td>
                <td>{group.task ?? '–'}</td>
                <td className="right">{count(group.prompt_tokens)}</td>
                <td>
                  {count(group.limits.max_tokens)} tokens, {count(group.limits.max_thoughts)} ×{' '}
                  {count(group.limits.max_thought_tokens)}
                </td>
                <td className="right">{rate(group.ended_sessions)}</td>
                <td className={isBroken ? 'right broken' : 'right'}>
                  {kept === null ? '–' : percent(kept, 1)}
                </td>
                <td className="right">{group.coverage.factor.toFixed(2)}</td>
                <td className="right">{group.sharpness === null ? '–' : percent(group.sharpness)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
