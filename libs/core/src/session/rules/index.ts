import type { Policy, SessionLimits } from '../types';
import { lightThinkerRule } from './lightthinker';
import { mementoRule } from './memento';
import type { Rule } from './rule';
import { vanillaRule } from './vanilla';
import { windowRule } from './window';

export function ruleOf(policy: Policy, limits: SessionLimits): Rule {
  switch (policy.kind) {
    case 'vanilla':
      return vanillaRule();
    case 'lightthinker':
      return lightThinkerRule(policy, limits);
    case 'memento':
      return mementoRule(policy, limits);
    case 'window':
      return windowRule(policy);
  }
}
