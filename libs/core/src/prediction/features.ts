import { upperBoundPeakCells } from '../session/bound';
import type { Policy, SessionLimits } from '../session/types';

/** What is known of a job before it runs. */
export interface JobFeatures {
  readonly model: string;
  readonly policy: Policy;
  readonly task: string;
  readonly promptTokens: number;
  readonly limits: SessionLimits;
}

/** Names the policy with all that shapes its trajectories. */
function policyName(policy: Policy): string {
  switch (policy.kind) {
    case 'vanilla':
      return 'vanilla';
    case 'window':
      return `window:${policy.firstTokens}:${policy.lastTokens}`;
    case 'memento':
      return `memento:${policy.keepLastBlocks ?? 0}:${policy.evictDelimiters ? 'all' : 'block'}`;
    case 'lightthinker':
      return `lightthinker:${policy.gists.length}:${policy.everyTokens ?? 'thought'}:${policy.lagThoughts ?? 0}`;
  }
}

const band = (value: number): number => Math.round(Math.log2(Math.max(1, value)));

/**
 * From the general to the particular: model and policy; task; length of the prompt; limits. Lengths and limits go by powers
 * of two. Every group borrows from the one before it as long as its own data are few.
 */
export function groupPath(features: JobFeatures): readonly string[] {
  const { limits } = features;
  return [
    JSON.stringify([features.model, policyName(features.policy)]),
    features.task,
    `prompt 2^${band(features.promptTokens)}`,
    `limits 2^${band(limits.maxTokens)} 2^${band(limits.maxThoughts)} 2^${band(limits.maxThoughtTokens)}`,
  ];
}

export const PATH_SEPARATOR = '\u001f';

/** The levels of `groupPath` in words. */
export function groupTitles({ model, policy, task, promptTokens, limits }: JobFeatures): readonly string[] {
  const about = (value: number) => String(2 ** band(value));
  return [
    `${model}, ${policyName(policy)}`,
    task === '' ? 'jobs without a task' : `task ${task}`,
    `prompts of about ${about(promptTokens)} tokens`,
    `limits of about ${about(limits.maxTokens)} tokens, ${about(limits.maxThoughts)} thoughts of ${about(limits.maxThoughtTokens)}`,
  ];
}

/** What all jobs of a group have in common; lengths and limits are those in the middle of it. */
export interface GroupName {
  readonly model: string;
  readonly policy: string;
  /** '' = none was given. */
  readonly task: string;
  readonly promptTokens: number;
  readonly limits: SessionLimits;
}

/** Reads back what `groupPath` wrote, its levels joined by PATH_SEPARATOR. */
export function groupName(path: string): GroupName {
  const [first = '', task = '', ...bands] = path.split(PATH_SEPARATOR);
  const [model, policy] = JSON.parse(first) as [string, string];
  const powers = [...bands.join(' ').matchAll(/2\^(\d+)/g)].map(([, power]) => 2 ** Number(power));
  const [promptTokens = 1, maxTokens = 1, maxThoughts = 1, maxThoughtTokens = 1] = powers;
  return { model, policy, task, promptTokens, limits: { maxTokens, maxThoughts, maxThoughtTokens } };
}

interface Grouping {
  readonly path: readonly string[];
  readonly key: string;
}

/** The names are asked for at every thought of every session. */
const groupings = new WeakMap<JobFeatures, Grouping>();

export function groupOf(features: JobFeatures): Grouping {
  const known = groupings.get(features);
  if (known) return known;
  const path = groupPath(features);
  const made = { path, key: path.join(PATH_SEPARATOR) };
  groupings.set(features, made);
  return made;
}

/** Cells that a finished compression leaves behind: gists and continue. */
export const keptPerThought = (policy: Policy): number =>
  policy.kind === 'lightthinker' ? policy.gists.length + 1 : 0;

export const boundOf = (features: JobFeatures): number =>
  upperBoundPeakCells(features.policy, features.promptTokens, features.limits);
