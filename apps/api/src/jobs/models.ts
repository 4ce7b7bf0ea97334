import type { CardView, ModelInfo } from '@gistpool/contracts';
import { ApiError, unavailable } from '../http/api-error';

/** The models a request may ask for, as they are known at this moment. */
export class Models {
  constructor(
    private readonly known: readonly ModelInfo[],
    private readonly cards: readonly CardView[],
  ) {}

  /** The named model; without a name the first that has a card, else the first. */
  choose(name: string | undefined): ModelInfo | ApiError {
    const chosen = name === undefined ? this.first() : this.known.find((model) => model.name === name);
    if (chosen !== undefined) return chosen;
    if (this.known.length === 0)
      return unavailable('no worker has announced a model yet; nothing was stored, send the request again');
    const names = this.known.map((model) => model.name).join(', ');
    return new ApiError(400, 'unknown_model', `no model is called ${name ?? ''}; known: ${names}`, 'model');
  }

  hasCard(model: string): boolean {
    return this.cards.some((card) => card.model === model);
  }

  private first(): ModelInfo | undefined {
    return this.known.find((model) => this.hasCard(model.name)) ?? this.known[0];
  }
}
