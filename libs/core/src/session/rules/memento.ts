import type { Policy, SessionLimits, TokenId } from '../types';
import { Lag } from './lag';
import type { Rule } from './rule';

type Memento = Extract<Policy, { kind: 'memento' }>;

/**
 * MEMENTO (arXiv 2604.09852): `block start, reasoning, block end, summary start, summary, summary end`; when the summary
 * end is in the cache the block goes and its summary stays. Nothing is fed that was not sampled, save for a block that
 * has grown to its limit, which gets its end by force.
 *
 * | state      | token         | next       |                                          |
 * |------------|---------------|------------|------------------------------------------|
 * | outside    | block start   | in block   |                                          |
 * | in block   | block end     | ended      |                                          |
 * | ended      | summary start | in summary |                                          |
 * | ended      | block start   | in block   | the block without a summary stays        |
 * | in summary | summary end   | outside    | the thought ends, the block goes         |
 *
 * Any other token is text and changes nothing. A thought is all that was sampled since the one before it ended: block,
 * summary and delimiters. A block that is the prompt's doing (its start stands in the prompt) is not seen as one.
 */
export function mementoRule(policy: Memento, limits: SessionLimits): Rule {
  const lag = new Lag(policy.keepLastBlocks ?? 0);
  const longest = Math.max(2, limits.maxThoughtTokens);
  let state: 'outside' | 'in-block' | 'ended' | 'in-summary' = 'outside';
  let blockStart = 0;
  let blockEnd = 0;

  const advance = (token: TokenId, position: number): void => {
    if (token === policy.blockStart && (state === 'outside' || state === 'ended')) {
      state = 'in-block';
      blockStart = position;
    } else if (token === policy.blockEnd && state === 'in-block') {
      state = 'ended';
      blockEnd = position;
    } else if (token === policy.summaryStart && state === 'ended') {
      state = 'in-summary';
    }
  };

  return {
    forbidden: [],
    cellsPerCompression: 0,
    afterPrompt: (timeline) => timeline.floorAfterLast(),
    closes: (token) => state === 'in-summary' && token === policy.summaryEnd,
    plan: (token, thought, timeline) => {
      const position = timeline.plan(token, 'sampled');
      if (thought === undefined) return advance(token, position);
      state = 'outside';
      const block = policy.evictDelimiters
        ? { start: blockStart, end: blockEnd + 1 }
        : { start: blockStart + 1, end: blockEnd };
      timeline.compressAfterLast(thought);
      timeline.evictAfterLast(lag.push(block).filter((range) => range.end > range.start));
      timeline.floorAfterLast();
    },
    forced: (_length, timeline) =>
      state === 'in-block' && timeline.nextPosition - 1 - blockStart === longest - 1
        ? policy.blockEnd
        : undefined,
  };
}
