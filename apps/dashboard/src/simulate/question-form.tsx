import type { FleetView } from '@gistpool/contracts';
import { bytes, count, percent, plural, rate } from '../format/numbers';
import { DEFAULT, MADE, nearest, OWN, STEPS, WAYS, type Question, type Slider, type WayId } from './question';
import { StepSlider } from './step-slider';

const SLIDERS: readonly (readonly [Slider, label: string, text: (value: number) => string])[] = [
  ['cards', 'Cards', (value) => plural(value, 'card')],
  ['kvMib', 'KV memory of each card', (value) => bytes(value * 2 ** 20)],
  ['eps', 'Promise: predictions exceeded by', (value) => percent(value, 1)],
  ['jobs', 'Jobs', (value) => count(value)],
  ['arrivals', 'Arrivals', (value) => (value === 0 ? 'all at once' : `${rate(value)} jobs/s`)],
];

interface QuestionFormProps {
  readonly question: Question;
  readonly fleet: FleetView | undefined;
  readonly onChange: (change: Partial<Question>) => void;
}

export function QuestionForm({ question, fleet, onChange }: QuestionFormProps) {
  const models = fleet?.models ?? [];
  const { ways } = question;
  const pick = (id: WayId, isPicked: boolean): void =>
    onChange({
      ways: WAYS.map((way) => way.id).filter((one) => (one === id ? isPicked : ways.includes(one))),
    });
  return (
    <form className="panel stack" aria-label="What if" onSubmit={(event) => event.preventDefault()}>
      <div className="field">
        <label htmlFor="trace">Jobs like</label>
        <select
          id="trace"
          className="input"
          value={question.trace}
          onChange={({ target }) => onChange({ trace: target.value, ...cardsOf(target.value, fleet) })}
        >
          <optgroup label="What this pool completed last">
            {models.map(({ name }) => (
              <option key={name} value={OWN + name}>
                own jobs of {name}
              </option>
            ))}
            {models.length === 0 && <option disabled>no model is known yet</option>}
          </optgroup>
          <optgroup label="Made to match published figures">
            {MADE.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </optgroup>
        </select>
      </div>
      {SLIDERS.map(([name, label, text]) => (
        <StepSlider
          key={name}
          label={label}
          steps={STEPS[name]}
          value={question[name]}
          text={text}
          onChange={(value) => onChange({ [name]: value })}
        />
      ))}
      <fieldset className="ways">
        <legend>Compared</legend>
        {WAYS.map(({ id, name }) => (
          <label key={id} className="check">
            <input
              type="checkbox"
              checked={ways.includes(id)}
              // One at least.
              disabled={ways.length === 1 && ways.includes(id)}
              onChange={({ target }) => pick(id, target.checked)}
            />
            {name}
          </label>
        ))}
      </fieldset>
    </form>
  );
}

/** Cards and memory as the chosen jobs have them: this pool's, or those of a card for a 7B model. */
function cardsOf(trace: string, fleet: FleetView | undefined): Partial<Question> {
  if (!trace.startsWith(OWN))
    return { cards: DEFAULT.cards, kvMib: DEFAULT.kvMib, arrivals: DEFAULT.arrivals };
  const cards = fleet?.cards.filter(({ model }) => OWN + model === trace) ?? [];
  const [first] = cards;
  if (!first) return {};
  return {
    cards: nearest(STEPS.cards, cards.length),
    kvMib: nearest(STEPS.kvMib, first.kv_budget_bytes / 2 ** 20),
  };
}
