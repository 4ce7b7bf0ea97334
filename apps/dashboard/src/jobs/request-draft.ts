import type { JobRequestInput } from '@gistpool/contracts';

/** What stands in the fields of the form, as text. */
export interface RequestDraft {
  readonly prompt: string;
  readonly model: string;
  readonly task: string;
  readonly tenant: string;
  readonly custom_id: string;
  readonly priority: string;
  readonly max_tokens: string;
  readonly max_thoughts: string;
  readonly max_thought_tokens: string;
  readonly temperature: string;
  readonly seed: string;
}

export const EMPTY_DRAFT: RequestDraft = {
  prompt: '',
  model: '',
  task: '',
  tenant: '',
  custom_id: '',
  priority: '',
  max_tokens: '',
  max_thoughts: '',
  max_thought_tokens: '',
  temperature: '',
  seed: '',
};

/** The request that the fields make; what is left empty is left out, and the api fills it in and judges it. */
export function requestFrom(draft: RequestDraft): JobRequestInput {
  const text = (field: keyof RequestDraft) => (draft[field].trim() === '' ? undefined : draft[field].trim());
  const number = (field: keyof RequestDraft) => {
    const value = text(field);
    return value === undefined ? undefined : Number(value);
  };
  return present({
    prompt: draft.prompt,
    model: text('model'),
    task: text('task'),
    tenant: text('tenant'),
    custom_id: text('custom_id'),
    priority: number('priority'),
    limits: group({
      max_tokens: number('max_tokens'),
      max_thoughts: number('max_thoughts'),
      max_thought_tokens: number('max_thought_tokens'),
    }),
    sampling: group({ temperature: number('temperature'), seed: number('seed') }),
  }) as JobRequestInput;
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function group(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const set = present(fields);
  return Object.keys(set).length === 0 ? undefined : set;
}

/** The field that the api finds fault with: the last part of a dotted path. */
export const fieldOf = (param: string | null): string | undefined => param?.split('.').at(-1);
