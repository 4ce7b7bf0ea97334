import { html, prose, withCode, type Html } from '../html/html';
import { pageText } from '../html/page';
import { DOCS_STYLE } from './docs-style';
import { OPERATIONS, TAGS, type OpenApi } from './openapi';
import type { Answer, Operation, Parameter } from './operation';
import { isSchema, typeOf } from './schema-text';
import { isRequestSchema, type JsonSchema } from './schemas';

/** The OpenAPI document for the eye: one page, no script, no network. */
export function docsPage(document: OpenApi, url: string): string {
  const tags = Object.entries(TAGS).map(([name, description]) => ({
    name,
    description,
    operations: OPERATIONS.filter((operation) => operation.tag === name),
  }));
  const schemas = Object.entries(document.components.schemas);
  const body = html`<div class="docs">
    <nav class="side" aria-label="Contents">
      ${tags.map(
        (tag) =>
          html`<h4>${tag.name}</h4>
            ${tag.operations.map((operation) => sideLink(operation))}`,
      )}
      <h4>Schemas</h4>
      ${schemas.map(([name]) => html`<a href="#schema-${name}">${name}</a>`)}
    </nav>
    <main class="main">
      <h1>gistpool API</h1>
      ${prose(document.info.description)}
      <p class="soft">OpenAPI 3.1: <a href="/docs/openapi.json">/docs/openapi.json</a></p>
      ${tags.map(
        (tag) =>
          html`<h2>${tag.name}</h2>
            <p class="soft">${tag.description}</p>
            ${tag.operations.map((operation) => section(operation, url))}`,
      )}
      <h2>Schemas</h2>
      ${schemas.map(([name, schema]) => schemaSection(name, schema))}
    </main>
  </div>`;
  return pageText({ title: 'gistpool API', path: '/docs', style: DOCS_STYLE, body });
}

const sideLink = (operation: Operation): Html => html`<a href="#${operation.id}">${operation.summary}</a>`;

function section(operation: Operation, url: string): Html {
  const { id, method, path, summary, description, parameters, body, answers, curl } = operation;
  return html`<section class="op" id="${id}">
    <h3><span class="verb ${method}">${method.toUpperCase()}</span><span>${path}</span></h3>
    <p class="summary">${summary}</p>
    ${description === undefined ? undefined : prose(description)}
    ${parameters === undefined ? undefined : rows('Parameters', parameters.map(parameterRow))}
    ${
      body === undefined
        ? undefined
        : html`<h4 class="part">Body: ${typeOf(refTo(body.schema))}</h4>
            <p class="type">${body.types.join(', ')}</p>
            ${body.description === undefined ? undefined : prose(body.description)}`
    }
    ${rows('Answers', answers.map(answerRow))}
    <pre tabindex="0"><code>${curl.replaceAll('$URL', url)}</code></pre>
  </section>`;
}

function parameterRow({ name, in: place, required, description, schema }: Parameter): Html {
  return html`<div class="row">
    <div>
      <code>${name}</code>${required === true ? requiredMark : undefined}
      <div class="type">${place}, ${typeOf(schema)}</div>
    </div>
    <div>${withCode(description)}</div>
  </div>`;
}

function answerRow({ status, description, schema }: Answer): Html {
  return html`<div class="row">
    <div>
      <span class="status">${status}</span>
      <span class="type">${schema === undefined ? undefined : typeOf(refTo(schema))}</span>
    </div>
    <div>${withCode(description)}</div>
  </div>`;
}

function schemaSection(name: string, schema: JsonSchema): Html {
  const { properties, required, description } = schema;
  const fields = isSchema(properties) ? Object.entries(properties) : [];
  const needed = Array.isArray(required) ? required : [];
  return html`<section class="schema" id="schema-${name}">
    <h3>${name}</h3>
    ${typeof description === 'string' ? prose(description) : undefined}
    ${
      fields.length === 0
        ? html`<p class="type">${typeOf(schema)}</p>
            ${variants(schema)}`
        : rows(
            undefined,
            fields.map(([field, type]) => fieldRow(field, type, markOf(name, needed.includes(field)))),
          )
    }
  </section>`;
}

/** The members of a union, each with its fields. */
function variants(schema: JsonSchema): Html | undefined {
  const members = [schema['oneOf'] ?? schema['anyOf']].flat().filter(isSchema);
  if (!members.some((member) => isSchema(member['properties']))) return undefined;
  return html`${members.map((member) => {
    const fields = isSchema(member['properties']) ? Object.entries(member['properties']) : [];
    const needed = Array.isArray(member['required']) ? member['required'] : [];
    return html`<h4 class="part">one of</h4>
      ${rows(
        undefined,
        fields.map(([field, type]) =>
          fieldRow(field, type, needed.includes(field) ? undefined : optionalMark),
        ),
      )}`;
  })}`;
}

/** Of a request one wants to know what must be there, of an answer what may be missing. */
function markOf(name: string, isRequired: boolean): Html | undefined {
  if (isRequestSchema(name)) return isRequired ? requiredMark : undefined;
  return isRequired ? undefined : optionalMark;
}

function fieldRow(name: string, schema: unknown, mark: Html | undefined): Html {
  const description =
    isSchema(schema) && typeof schema['description'] === 'string' ? schema['description'] : '';
  const fallback = isSchema(schema) ? schema['default'] : undefined;
  return html`<div class="row">
    <div><code>${name}</code>${mark}</div>
    <div>
      <span class="type">${typeOf(schema)}</span>${
        fallback === undefined
          ? undefined
          : html` <span class="type">default <code>${JSON.stringify(fallback)}</code></span>`
      }${description === '' ? undefined : html`<p>${withCode(description)}</p>`}
    </div>
  </div>`;
}

const requiredMark = html`<span class="required">required</span>`;

const optionalMark = html`<span class="optional">optional</span>`;

const rows = (title: string | undefined, entries: readonly Html[]): Html =>
  html`${title === undefined ? undefined : html`<h4 class="part">${title}</h4>`}
    <div class="rows">${entries}</div>`;

const refTo = (schema: string | JsonSchema): JsonSchema =>
  typeof schema === 'string' ? { $ref: `#/components/schemas/${schema}` } : schema;
