import { ScalingQuery } from '../scaling/scaling-query';
import { AWAY, failure, type Operation } from './operation';
import { queryParameters } from './query-parameters';

const scaling = (path: string, id: string): Operation => ({
  method: 'get',
  path,
  id,
  tag: 'Fleet',
  summary: 'How many cards each backlog needs',
  description: [
    'For an autoscaler. From the cells that waiting and running jobs take, how long they are expected to run, and what a card of the model holds: so many cards end what waits within `drain_ms`, never more than could be used at once, and never fewer than have running jobs. While a job waits it is at least 1; when nothing waits and nothing runs it is `min_cards` at once, and the asker waits as long as it likes before it follows.',
    'A card that is gone is remembered by its model, so an empty fleet is planned for, too. Of a model that was never seen 1 is answered, so that its first worker comes up and jobs can be submitted.',
    'KEDA, metrics-api: `valueLocation: desired_cards` with `?model=`, or `models.NAME.desired_cards` (a dot in a name written `\\.`).',
  ].join('\n\n'),
  parameters: queryParameters(ScalingQuery, { model: 'Only this one; its entry of `models` is the answer.' }),
  answers: [
    {
      status: 200,
      description: 'All models that were ever announced, or the one that was asked for.',
      schema: {
        anyOf: [{ $ref: '#/components/schemas/ScalingView' }, { $ref: '#/components/schemas/ModelScaling' }],
      },
    },
    failure(400, '`invalid_request`: `model` is not the name of a model.'),
    AWAY,
  ],
  curl: `curl '$URL${path}?model=gistpool-nano-qwen2'`,
});

export const SCALING_OPERATIONS: readonly Operation[] = [
  scaling('/v1/scaling', 'scaling'),
  scaling('/scaling', 'scalingShort'),
];
