import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES, JobEvent, JobRequest } from '@gistpool/contracts';
import { DASHBOARD_PAGES } from '../dashboard/dashboard-pages';
import { TestPool } from '../testing/test-pool';
import { FIELD_NOTES } from './field-notes';
import { openApi, OPERATIONS } from './openapi';

type Node = Record<string, unknown>;
const document = JSON.parse(JSON.stringify(openApi())) as Node;

/** Every object in a document, with the way to it. */
function* nodesOf(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ node: Node; path: readonly string[] }> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield { node: value as Node, path };
  for (const [key, child] of Object.entries(value)) yield* nodesOf(child, [...path, key]);
}

function at(pointer: string): unknown {
  const keys = pointer.slice(2).split('/');
  return keys.reduce<unknown>((node, key) => (node as Node | undefined)?.[key], document);
}

const operations = Object.entries(document['paths'] as Record<string, Record<string, Node>>).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('is 3.1 with title and version, and every reference in it leads somewhere', () => {
    expect(document['openapi']).toBe('3.1.0');
    expect(document['info']).toMatchObject({
      title: 'gistpool',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    const refs = [...nodesOf(document)].flatMap(({ node }) =>
      typeof node['$ref'] === 'string' ? [node['$ref']] : [],
    );
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs) expect(at(ref), ref).toBeTypeOf('object');
  });

  it('gives each operation an id of its own, a summary, and answers that are described', () => {
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = (document['tags'] as { name: string }[]).map((tag) => tag.name);
    for (const { operation, method, path } of operations) {
      expect(['get', 'post', 'patch', 'delete']).toContain(method);
      expect(path.startsWith('/')).toBe(true);
      expect(operation['summary']).toBeTypeOf('string');
      for (const tag of operation['tags'] as string[]) expect(tags).toContain(tag);
      const responses = Object.entries(operation['responses'] as Record<string, Node>);
      expect(responses.length).toBeGreaterThan(0);
      for (const [status, response] of responses) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(response['description']).toBeTypeOf('string');
      }
    }
  });

  it('declares exactly the path parameters that a path has', () => {
    for (const { path, operation } of operations) {
      const declared = ((operation['parameters'] ?? []) as Node[]).filter(
        (parameter) => parameter['in'] === 'path',
      );
      expect(declared.map((parameter) => parameter['name'])).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      for (const parameter of declared) expect(parameter['required']).toBe(true);
    }
  });

  it('has schemas of JSON Schema 2020-12: known types, required fields that exist', () => {
    const types = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'];
    for (const { node, path } of nodesOf((document['components'] as Node)['schemas'])) {
      const isField = path.at(-1) === 'properties';
      if (isField || path.includes('enum')) continue;
      if (typeof node['type'] === 'string') expect(types, path.join('/')).toContain(node['type']);
      expect(node, path.join('/')).not.toHaveProperty('nullable');
      expect(node, path.join('/')).not.toHaveProperty('$id');
      if (Array.isArray(node['required']) && typeof node['properties'] === 'object') {
        for (const name of node['required'] as string[])
          expect(node['properties'], path.join('/')).toHaveProperty([name]);
      }
    }
  });

  it('says what the code says: fields of a request, kinds of events, codes of errors', () => {
    const schemas = (document['components'] as Node)['schemas'] as Record<string, Node>;
    expect(Object.keys(schemas['JobRequest']?.['properties'] as Node)).toEqual(Object.keys(JobRequest.shape));
    expect(schemas['JobRequest']?.['required']).toBeUndefined();
    expect(schemas['JobRequest']?.['additionalProperties']).toBe(false);
    expect(schemas['JobView']).not.toHaveProperty('additionalProperties');
    expect(JSON.stringify(schemas['JobEvent'])).toContain('compression');
    expect((schemas['JobEvent']?.['oneOf'] ?? schemas['JobEvent']?.['anyOf']) as unknown[]).toHaveLength(
      JobEvent.options.length,
    );
    expect(JSON.stringify(schemas['ApiErrorBody'])).toContain(ERROR_CODES.join('","'));
  });

  it('has a note only on fields that exist', () => {
    for (const [name, notes] of Object.entries(FIELD_NOTES)) {
      for (const [field, note] of Object.entries(notes)) {
        expect(at(`#/components/schemas/${name}/properties/${field}/description`), `${name}.${field}`).toBe(
          note,
        );
      }
    }
  });

  it('has examples that are themselves good requests', () => {
    const ofOneJob = OPERATIONS.filter(({ body }) => body?.schema === 'JobRequest');
    expect(ofOneJob.map(({ id }) => id)).toEqual(expect.arrayContaining(['submitJob', 'explainPrediction']));
    for (const { body } of ofOneJob) expect(JobRequest.safeParse(body?.example).success).toBe(true);
    const batch = OPERATIONS.find((operation) => operation.id === 'submitBatch');
    for (const line of String(batch?.body?.example).trim().split('\n')) {
      expect(JobRequest.safeParse(JSON.parse(line)).success).toBe(true);
    }
  });
});

describe('the running api', () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await TestPool.start({ withCard: false });
  });
  afterAll(() => pool.stop());

  it('has every route that is documented, and documents every route that it has', () => {
    const documented = operations.map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    );
    const real = pool.api.routes
      .filter(({ method, path }) => method !== 'HEAD' && !/^\/(queues|assets)\//.test(path))
      // All of them are the one page that `/` is.
      .filter(({ path }) => !(DASHBOARD_PAGES as readonly string[]).includes(path))
      .map(({ method, path }) => `${method} ${path}`);
    expect(real.toSorted()).toEqual(documented.toSorted());
  });

  it('serves the document', async () => {
    for (const path of ['/openapi.json', '/docs/openapi.json']) {
      const answer = await pool.fetch(path);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(await answer.json()).toEqual(document);
    }
  });

  it.each(['/', '/docs', '/queues'])(
    'serves the page %s without a word from any other machine',
    async (path) => {
      const answer = await pool.fetch(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(answer.headers.get('content-security-policy')).toMatch(/default-src '(none|self)'/);
      expect(answer.headers.get('content-security-policy')).not.toContain('http');
    },
  );

  it('names every operation and every schema on the page, and every link within it leads somewhere', async () => {
    const page = await (await pool.fetch('/docs')).text();
    const targets = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const { operation } of operations) expect(targets).toContain(operation['operationId']);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(targets).toContain(target);
    expect(page).not.toMatch(/(src|href)="https?:/);
    expect(page).toContain(`curl ${pool.api.url}/v1/jobs/job_…`);
  });
});
