import { MAX_JSON_BYTES } from '../http/bodies';
import { failure, type Answer, type Operation } from './operation';

/** What may be answered wherever there is a body, before the route looks at it. An operation may say more of each. */
export function bodyAnswers({ body }: Operation): readonly Answer[] {
  if (body === undefined) return [];
  return [
    failure(400, '`invalid_json` or `invalid_request`; `param` names the field.'),
    failure(413, `\`body_too_large\`: more than ${MAX_JSON_BYTES / 2 ** 20} MiB.`),
    failure(415, `The body is not of the type ${body.types.map((type) => `\`${type}\``).join(', ')}.`),
  ];
}
