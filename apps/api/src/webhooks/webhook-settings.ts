import type { ApiConfig } from '@gistpool/config';
import type { WebhookRequest } from '@gistpool/contracts';
import { ApiError } from '../http/api-error';
import { isPublic, literalOf } from './address';

export class WebhookSettings {
  private constructor(
    /** All sign, so that a secret can be replaced while receivers still know the old one. None: nothing is sent. */
    readonly secrets: readonly string[],
    readonly mayBePrivate: boolean,
    readonly attempts: number,
    readonly backoffMs: number,
  ) {}

  static of(config: ApiConfig): WebhookSettings {
    return new WebhookSettings(
      config.GISTPOOL_WEBHOOKS_SECRET ?? [],
      config.GISTPOOL_WEBHOOKS_PRIVATE,
      config.GISTPOOL_WEBHOOKS_ATTEMPTS,
      config.GISTPOOL_WEBHOOKS_BACKOFF_MS,
    );
  }

  /** Why nobody would be told at this address. What its name leads to is seen when it is sent to. */
  refusal({ url }: WebhookRequest, param: string): ApiError | undefined {
    const refused = (message: string) => new ApiError(422, 'webhook_refused', message, param);
    if (this.secrets.length === 0)
      return refused('this pool sends no webhooks: GISTPOOL_WEBHOOKS_SECRET of its api is not set');
    const target = new URL(url);
    if (target.username !== '' || target.password !== '')
      return refused(`${param}: a name and password in the address are not taken`);
    const literal = literalOf(target);
    const isLocal = literal === undefined ? /(^|\.)localhost\.?$/i.test(target.hostname) : !isPublic(literal);
    if (isLocal && !this.mayBePrivate)
      return refused(
        `${param}: ${target.hostname} is no public address (GISTPOOL_WEBHOOKS_PRIVATE=1 allows it)`,
      );
    return undefined;
  }
}
