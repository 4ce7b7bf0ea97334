import type { FleetView, ModelInfo } from '@gistpool/contracts';
import { CliError, EXIT } from './exit';

export type Mode = 'lightthinker' | 'vanilla';

/** The model that a command is about: by name, else by method, else the first. Only models with a living card count. */
export function chooseModel(fleet: FleetView, wish: { name?: string; mode?: Mode }): ModelInfo {
  const served = new Set(fleet.cards.map((card) => card.model));
  const models = fleet.models.filter((model) => served.has(model.name));
  const found = models.find(
    (model) =>
      (wish.name === undefined || model.name === wish.name) &&
      (wish.mode === undefined || model.method === wish.mode),
  );
  if (found !== undefined) return found;
  const wanted = [wish.name && `named ${wish.name}`, wish.mode && `that decodes as ${wish.mode}`]
    .filter(Boolean)
    .join(' ');
  const have = models.map((model) => `${model.name} (${model.method})`).join(', ') || 'no model';
  throw new CliError(`the pool serves no model ${wanted}; it has ${have}`, EXIT.usage);
}
