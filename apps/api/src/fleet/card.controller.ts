import { Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import type { CardOrder, CardReceipt } from '@gistpool/contracts';
import { cardNotFound } from '../http/api-error';
import { Pool } from '../pool';

@Controller('v1/cards/:card')
export class CardController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Post('cordon')
  @HttpCode(200)
  cordon(@Param('card') card: string): Promise<CardReceipt> {
    return this.order(card, 'cordon');
  }

  @Post('drain')
  @HttpCode(200)
  drain(@Param('card') card: string): Promise<CardReceipt> {
    return this.order(card, 'drain');
  }

  @Post('uncordon')
  @HttpCode(200)
  uncordon(@Param('card') card: string): Promise<CardReceipt> {
    return this.order(card, 'uncordon');
  }

  private async order(card: string, order: CardOrder): Promise<CardReceipt> {
    if (!(await this.pool.fleet.order(card, order))) throw cardNotFound(card);
    const view = (await this.pool.fleet.cards()).find((one) => one.card === card);
    const ordered = { cordon: 'cordoned', drain: 'draining', uncordon: null } as const;
    // A card that is away at the moment shows nothing of itself.
    return { object: 'card.order', card, cordon: view ? (view.cordon ?? null) : ordered[order] };
  }
}
