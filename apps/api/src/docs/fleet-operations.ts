import type { CardOrder } from '@gistpool/contracts';
import { DASHBOARD_PAGES } from '../dashboard/dashboard-pages';
import { AWAY, failure, type Operation } from './operation';

const html = (description: string) => ({
  status: 200,
  description,
  type: 'text/html',
  schema: { type: 'string' },
});

/** An order that an operator gives to one card. */
const cardOrder = (order: CardOrder, summary: string, description: string): Operation => ({
  method: 'post',
  path: `/v1/cards/{card}/${order}`,
  id: `${order}Card`,
  tag: 'Fleet',
  summary,
  description: `${description} The order outlives the worker of the card; giving it again changes nothing.`,
  parameters: [
    {
      name: 'card',
      in: 'path',
      required: true,
      description: 'Name of the card.',
      schema: { type: 'string' },
    },
  ],
  answers: [
    { status: 200, description: 'What holds from now on.', schema: 'CardReceipt' },
    failure(404, '`card_not_found`: no card has this name.'),
    AWAY,
  ],
  curl: `curl -X POST $URL/v1/cards/card-0/${order}`,
});

export const FLEET_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/fleet',
    id: 'fleet',
    tag: 'Fleet',
    summary: 'Cards, lanes and slots, with the cells in use',
    answers: [{ status: 200, description: 'The fleet as it last reported.', schema: 'FleetView' }, AWAY],
    curl: 'curl $URL/v1/fleet',
  },
  {
    method: 'get',
    path: '/v1/models',
    id: 'models',
    tag: 'Fleet',
    summary: 'Models that jobs may ask for',
    answers: [
      { status: 200, description: 'All models known, with their widest slot.', schema: 'ModelPage' },
      AWAY,
    ],
    curl: 'curl $URL/v1/models',
  },
  cardOrder('cordon', 'Give a card no new jobs', 'Those that it has go on there to their end.'),
  cardOrder(
    'drain',
    'Empty a card',
    'It gets no new jobs, and hands back each that it has at its next checkpoint, from which the job goes on elsewhere; a job that has no more checkpoints ends there. `GET /v1/fleet` says when it is `drained`.',
  ),
  cardOrder('uncordon', 'Let a card take jobs again', 'Takes a cordon or a drain back.'),
  {
    method: 'get',
    path: '/',
    id: 'dashboard',
    tag: 'Operations',
    summary: 'The dashboard, for the eye',
    description: `Its pages have addresses of their own: ${DASHBOARD_PAGES.map((page) => `\`${page}\``).join(', ')}. They ask this api and nothing else.`,
    answers: [html('A page.')],
    curl: 'curl $URL/',
  },
  {
    method: 'get',
    path: '/healthz',
    id: 'healthz',
    tag: 'Operations',
    summary: 'Whether the process is up',
    answers: [{ status: 200, description: 'It is.', schema: 'Liveness' }],
    curl: 'curl $URL/healthz',
  },
  {
    method: 'get',
    path: '/livez',
    id: 'livez',
    tag: 'Operations',
    summary: 'The same, under the name that other parts use',
    answers: [{ status: 200, description: 'It is.', schema: 'Liveness' }],
    curl: 'curl $URL/livez',
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'readyz',
    tag: 'Operations',
    summary: 'Whether requests can be served',
    answers: [
      { status: 200, description: 'They can.', schema: 'Readiness' },
      { status: 503, description: '`missing` says what is not there.', schema: 'Readiness' },
    ],
    curl: 'curl $URL/readyz',
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    tag: 'Operations',
    summary: 'Figures for Prometheus',
    answers: [
      { status: 200, description: 'Text exposition format.', type: 'text/plain', schema: { type: 'string' } },
    ],
    curl: 'curl $URL/metrics',
  },
  {
    method: 'get',
    path: '/docs',
    id: 'docs',
    tag: 'Operations',
    summary: 'This page',
    answers: [html('A page that needs no network.')],
    curl: 'curl $URL/docs',
  },
  {
    method: 'get',
    path: '/docs/openapi.json',
    id: 'openapi',
    tag: 'Operations',
    summary: 'This page for programs: OpenAPI 3.1',
    answers: [{ status: 200, description: 'The document.', schema: { type: 'object' } }],
    curl: 'curl $URL/docs/openapi.json',
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openapiShort',
    tag: 'Operations',
    summary: 'The same, where tools look for it',
    answers: [{ status: 200, description: 'The document.', schema: { type: 'object' } }],
    curl: 'curl $URL/openapi.json',
  },
  {
    method: 'get',
    path: '/queues',
    id: 'queues',
    tag: 'Operations',
    summary: 'The BullMQ queues, to look at',
    answers: [html('Bull Board, read-only.'), AWAY],
    curl: 'curl $URL/queues',
  },
];
