import type { FleetView, ModelInfo } from '@gistpool/contracts';
import { CliError, EXIT } from './exit';

/** How a model decodes, as the paper's table tells it: thought level, token level, or nothing evicted. */
export const MODES = ['lightthinker', 'token', 'vanilla'] as const;
export type Mode = (typeof MODES)[number];

/** A model's mode; for methods that the table does not know, the method. */
export const modeOf = ({
  method,
  policy,
}: Pick<ModelInfo, 'method' | 'policy'>): Mode | ModelInfo['method'] =>
  method === 'lightthinker' && policy.every_tokens !== undefined ? 'token' : method;

/** Models with a living card, by name. */
function servedModels(fleet: FleetView): ModelInfo[] {
  const served = new Set(fleet.cards.map((card) => card.model));
  return fleet.models.filter((model) => served.has(model.name));
}

/** The model that a command is about: by name, else by mode; of several a LightThinker of thought level, then by name. */
export function chooseModel(fleet: FleetView, wish: { name?: string; mode?: Mode }): ModelInfo {
  const models = servedModels(fleet);
  const fitting = models.filter(
    (model) =>
      (wish.name === undefined || model.name === wish.name) &&
      (wish.mode === undefined || modeOf(model) === wish.mode),
  );
  const found = fitting.find((model) => modeOf(model) === 'lightthinker') ?? fitting[0];
  if (found !== undefined) return found;
  const wanted = [wish.name && `named ${wish.name}`, wish.mode && `that decodes as ${wish.mode}`]
    .filter(Boolean)
    .join(' ');
  const have = models.map((model) => `${model.name} (${modeOf(model)})`).join(', ') || 'no model';
  throw new CliError(`the pool serves no model ${wanted}; it has ${have}`, EXIT.usage);
}

/** The named models in their order; all that are served (`all`), by architecture, vanilla first. */
export function chooseModels(fleet: FleetView, names: readonly string[]): ModelInfo[] {
  if (names.length !== 1 || names[0] !== 'all') return names.map((name) => chooseModel(fleet, { name }));
  const rank = (model: ModelInfo) => ['vanilla', 'lightthinker', 'token'].indexOf(modeOf(model)) >>> 0;
  return servedModels(fleet).sort(
    (a, b) =>
      a.architecture.localeCompare(b.architecture) || rank(a) - rank(b) || a.name.localeCompare(b.name),
  );
}
