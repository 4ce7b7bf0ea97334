import { useId, useState, type ReactNode } from 'react';
import type { JobRequestInput } from '@gistpool/contracts';
import { Refused, messageOf } from '../api/client';
import { useModels } from '../api/jobs';
import { EMPTY_DRAFT, fieldOf, requestFrom, type RequestDraft } from './request-draft';

interface RequestFormProps {
  readonly action: string;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onSend: (request: JobRequestInput) => void;
  readonly initial?: Partial<RequestDraft>;
}

const MORE_FIELDS = [
  ['task', 'Task', 'groups jobs of one kind for prediction'],
  ['tenant', 'Tenant', 'default'],
  ['custom_id', 'Your id', 'comes back with the job'],
  ['priority', 'Priority', '0; smaller is sooner'],
  ['max_tokens', 'Most tokens', 'default of the model'],
  ['max_thoughts', 'Most thoughts', 'default of the model'],
  ['max_thought_tokens', 'Most tokens of a thought', 'default of the model'],
  ['temperature', 'Temperature', '0: greedy'],
  ['seed', 'Seed', 'drawn at random'],
] as const;

const NUMBERS: readonly string[] = [
  'priority',
  'max_tokens',
  'max_thoughts',
  'max_thought_tokens',
  'temperature',
  'seed',
];

/** One job's request. The api judges it; what it says against a field stands at that field. */
export function RequestForm({ action, isBusy, error, onSend, initial }: RequestFormProps) {
  const [draft, setDraft] = useState<RequestDraft>({ ...EMPTY_DRAFT, ...initial });
  const models = useModels().data ?? [];
  const change = (field: keyof RequestDraft, value: string): void =>
    setDraft((before) => ({ ...before, [field]: value }));
  const wrong = error instanceof Refused ? fieldOf(error.param) : undefined;
  const problem = (field: string) => (wrong === field ? messageOf(error) : undefined);
  const isTold = wrong !== undefined && Object.hasOwn(draft, wrong);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(requestFrom(draft));
      }}
    >
      <Field label="Prompt" problem={problem('prompt')}>
        {(attributes) => (
          <textarea
            {...attributes}
            required
            value={draft.prompt}
            onChange={(event) => change('prompt', event.target.value)}
          />
        )}
      </Field>
      <div className="form-grid">
        <Field label="Model" problem={problem('model')}>
          {(attributes) => (
            <select
              {...attributes}
              value={draft.model}
              onChange={(event) => change('model', event.target.value)}
            >
              <option value="">the first of the pool</option>
              {models.map(({ name, cards }) => (
                <option key={name} value={name}>
                  {name}
                  {cards === 0 ? ' (no card)' : ''}
                </option>
              ))}
            </select>
          )}
        </Field>
        {MORE_FIELDS.map(([field, label, hint]) => (
          <Field key={field} label={label} problem={problem(field)}>
            {(attributes) => (
              <input
                {...attributes}
                type={NUMBERS.includes(field) ? 'number' : 'text'}
                step="any"
                placeholder={hint}
                value={draft[field]}
                onChange={(event) => change(field, event.target.value)}
              />
            )}
          </Field>
        ))}
      </div>
      {error !== null && error !== undefined && !isTold && (
        <p className="notice bad" role="alert">
          {messageOf(error)}
        </p>
      )}
      <div>
        <button type="submit" className="button strong" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly problem: string | undefined;
  readonly children: (attributes: {
    id: string;
    className: string;
    'aria-invalid': boolean;
    'aria-describedby': string | undefined;
  }) => ReactNode;
}

function Field({ label, problem, children }: FieldProps) {
  const id = useId();
  const isWrong = problem !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: 'input',
        'aria-invalid': isWrong,
        'aria-describedby': isWrong ? `${id}-problem` : undefined,
      })}
      {isWrong && (
        <span id={`${id}-problem`} className="problem" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}
