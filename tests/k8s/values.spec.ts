import { ApiConfig, SchedulerConfig, WorkerConfig } from '@gistpool/config';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { readChart } from './support/chart';

/** Rung 0: the chart's values and the programs' settings are the same things. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

const schema = JSON.parse(readChart('values.schema.json')) as Schema;
const values = parse(readChart('values.yaml')) as Record<string, unknown>;
const namesAt = (...path: string[]): string[] => {
  const at = path.reduce<Schema | undefined>(
    (one, key) => one?.properties?.[key] ?? one?.patternProperties?.[key],
    schema,
  );
  return Object.keys(at?.properties ?? {});
};
const poolPattern = Object.keys(schema.properties?.['workerPools']?.patternProperties ?? {})[0] ?? '';

/** What the chart says itself, from values of other names or from what a pod is. */
const SET_BY_THE_CHART = [
  ...[
    'DATA_DIR',
    'REDIS_URL',
    'REDIS_PREFIX',
    'BLOB_URL',
    'S3_ENDPOINT',
    'HOST',
    'PORT',
    'METRICS_PORT',
    'METRICS_HOST',
  ],
  ...['CARD', 'MODEL_PATH', 'MODEL_NAME', 'BOOTSTRAP_KEY', 'WEBHOOKS_SECRET'],
].map((name) => `GISTPOOL_${name}`);
/** What a pod has no use for: its host's name is its own, and the image knows where its dashboard lies. */
const LEFT_ALONE = [
  ...['GISTPOOL_SCHEDULER_ID', 'GISTPOOL_DASHBOARD_DIR'],
  // An api that listens for others asks for keys anyway, and nobody starts it by hand.
  ...['GISTPOOL_REQUIRE_KEY', 'GISTPOOL_LOCAL_KEY'],
];

const parts = {
  api: { config: ApiConfig, own: namesAt('api', 'settings') },
  scheduler: { config: SchedulerConfig, own: namesAt('scheduler', 'settings') },
  worker: { config: WorkerConfig, own: namesAt('workerPools', poolPattern, 'settings') },
};
const common = namesAt('settings');

describe('the settings in the values', () => {
  for (const [part, { config, own }] of Object.entries(parts)) {
    it(`of the ${part} are those that it reads: none is missing, none is unknown`, () => {
      const read = Object.keys(config.shape);
      expect([...own, ...SET_BY_THE_CHART, ...LEFT_ALONE, ...common]).toEqual(expect.arrayContaining(read));
      expect(read).toEqual(expect.arrayContaining(own));
    });
  }

  it('of all parts are read by one part at least, and stand nowhere twice', () => {
    const read = Object.values(parts).flatMap(({ config }) => Object.keys(config.shape));
    expect(read).toEqual(expect.arrayContaining(common));
    const all = [
      ...common,
      ...Object.values(parts).flatMap(({ own }) => own),
      ...SET_BY_THE_CHART,
      ...LEFT_ALONE,
    ];
    expect(all.length).toBe(new Set(all).size);
  });

  it('that the templates write are settings', () => {
    const templates = ['_pod.tpl', '_redis.tpl', 'api.yaml', 'scheduler.yaml', 'workers.yaml'].map((file) =>
      readChart(`templates/${file}`),
    );
    const written = [
      ...templates.join('\n').matchAll(/(?:- name: |dict "|access\.env" \(list \. ")(GISTPOOL_\w+)/g),
    ].map(([, name]) => name);
    expect([...new Set(written)].sort()).toEqual([...SET_BY_THE_CHART, 'GISTPOOL_DEVICE'].sort());
  });
});

describe('the schema of the values', () => {
  it('describes every value, and refuses every other one', () => {
    const silent: string[] = [];
    const open: string[] = [];
    const look = (one: Schema, path: string): void => {
      if (path !== '' && !one.description) silent.push(path);
      if (one.properties && one.additionalProperties !== false) open.push(path);
      for (const [key, inner] of Object.entries(one.properties ?? {})) look(inner, `${path}.${key}`);
      for (const inner of Object.values(one.patternProperties ?? {})) look(inner, `${path}.*`);
      if (one.items) look(one.items, `${path}[]`);
    };
    look(schema, '');
    expect(silent).toEqual([]);
    expect(open).toEqual([]);
  });

  it('has all that values.yaml has, and every value without a default is one of a model or a pool', () => {
    const pathsOf = (one: unknown, path: string): string[] =>
      typeof one === 'object' && one !== null && !Array.isArray(one) && Object.keys(one).length > 0
        ? Object.entries(one).flatMap(([key, inner]) => pathsOf(inner, path === '' ? key : `${path}.${key}`))
        : [path];
    const schemaPaths = (one: Schema, path: string): string[] =>
      one.properties
        ? Object.entries(one.properties).flatMap(([key, inner]) =>
            schemaPaths(inner, path === '' ? key : `${path}.${key}`),
          )
        : [path];
    const known = schemaPaths(schema, '');
    const given = pathsOf(values, '');
    const isOpen = (path: string) =>
      known.some((one) => path === one || path.startsWith(`${one}.`) || one.startsWith(`${path}.`));
    expect(given.filter((path) => !isOpen(path))).toEqual([]);
    expect(
      known.filter(
        (path) =>
          !path.includes('.settings.') &&
          !path.startsWith('settings.') &&
          path !== 'global' &&
          !given.some((one) => one === path || one.startsWith(`${path}.`)),
      ),
    ).toEqual([]);
  });
});
