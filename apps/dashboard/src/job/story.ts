import type { JobEvent, JobFailure, JobState, Usage } from '@gistpool/contracts';

export interface Told {
  readonly event: JobEvent;
  /** From the id of the event. */
  readonly atMs: number;
}

export interface ThoughtStory {
  readonly thought: number;
  readonly text: string;
  /** Set when it was finished. */
  readonly tokens?: number;
  readonly cellsBefore?: number;
  readonly cellsAfter?: number;
  readonly atMs: number;
}

export interface StateStory {
  readonly state: JobState;
  readonly card?: string;
  readonly atMs: number;
}

/** A job as its events have told it so far. */
export interface Story {
  readonly states: readonly StateStory[];
  /** Finished, in their order. */
  readonly thoughts: readonly ThoughtStory[];
  /** What is being written: the next thought, or the answer. */
  readonly current: { readonly thought: number; readonly text: string };
  readonly answer?: string;
  readonly usage?: Usage;
  readonly error?: JobFailure;
}

export const NO_STORY: Story = { states: [], thoughts: [], current: { thought: 0, text: '' } };

/** All of it at once: a stream that begins tells hundreds of events together. */
export const continued = (story: Story, told: readonly Told[]): Story => told.reduce(next, story);

function next(story: Story, { event, atMs }: Told): Story {
  switch (event.type) {
    case 'state': {
      const state: StateStory = {
        state: event.state,
        atMs: event.at_ms,
        ...(event.card === undefined ? {} : { card: event.card }),
      };
      // Placed again, it goes on from its last checkpoint: the thought that was under way is written anew.
      const current = event.state === 'placed' ? { ...story.current, text: '' } : story.current;
      return { ...story, states: [...story.states, state], current };
    }
    case 'text': {
      const { thought, current } = { thought: event.thought, current: story.current };
      const text = thought === current.thought ? current.text + event.text : event.text;
      return { ...story, current: { thought, text } };
    }
    case 'thought': {
      const told = { thought: event.thought, text: event.text, tokens: event.tokens, atMs };
      return {
        ...story,
        thoughts: withThought(story.thoughts, event.thought, told, atMs),
        current: { thought: event.thought + 1, text: '' },
      };
    }
    case 'compression': {
      const cells = { cellsBefore: event.cells_before, cellsAfter: event.cells_after };
      return { ...story, thoughts: withThought(story.thoughts, event.thought, cells, atMs) };
    }
    case 'answer':
      return { ...story, answer: event.text, current: { ...story.current, text: '' } };
    case 'usage':
      return { ...story, usage: event.usage };
    case 'error':
      return { ...story, error: event.error };
  }
}

/** A thought that is told twice, because its job went on from a checkpoint, is still one. */
function withThought(
  thoughts: readonly ThoughtStory[],
  number: number,
  news: Partial<ThoughtStory>,
  atMs: number,
): readonly ThoughtStory[] {
  const at = thoughts.findLastIndex((one) => one.thought === number);
  const before = thoughts[at] ?? { thought: number, text: '', atMs };
  const after = { ...before, ...news };
  return at < 0 ? [...thoughts, after] : thoughts.with(at, after);
}
