import { html, type Html } from '../html/html';
import type { JsonSchema } from './schemas';

const PREFIX = '#/components/schemas/';

/** A schema in a few words, with links to the schemas it names: `array of CardView`, `integer, 1 to 100`. */
export function typeOf(schema: unknown): Html {
  if (!isSchema(schema)) return html`any`;
  const ref = schema['$ref'];
  if (typeof ref === 'string') return linkTo(ref);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices)) return joined(choices.map(typeOf), ' or ');
  if (Array.isArray(schema['enum']))
    return joined(
      schema['enum'].map((value) => html`<code>${String(value)}</code>`),
      ' ',
    );
  if (schema['const'] !== undefined) return html`<code>${JSON.stringify(schema['const'])}</code>`;
  if (schema['type'] === 'array') return html`array of ${typeOf(schema['items'])}`;
  if (schema['type'] === 'object' && isSchema(schema['additionalProperties'])) {
    return html`object of ${typeOf(schema['additionalProperties'])}`;
  }
  if (isSchema(schema['properties'])) return html`object of ${fieldsOf(schema['properties'])}`;
  return html`${[String(schema['type'] ?? 'any'), ...constraints(schema)].join(', ')}`;
}

const fieldsOf = (properties: JsonSchema): Html =>
  joined(
    Object.entries(properties).map(([name, type]) => html`<code>${name}</code> ${typeOf(type)}`),
    ', ',
  );

function linkTo(ref: string): Html {
  const name = ref.startsWith(PREFIX) ? ref.slice(PREFIX.length) : ref;
  return html`<a href="#schema-${name}">${name}</a>`;
}

/** Bounds that were set on purpose; the largest safe integer is none. */
function constraints(schema: JsonSchema): string[] {
  const bound = (key: string) => {
    const value = schema[key];
    return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER
      ? value.toLocaleString('en-US')
      : undefined;
  };
  const texts: string[] = [];
  const [least, most, above] = [bound('minimum'), bound('maximum'), bound('exclusiveMinimum')];
  if (least !== undefined && most !== undefined) texts.push(`${least} to ${most}`);
  else if (above !== undefined) texts.push(`above ${above}${most === undefined ? '' : `, at most ${most}`}`);
  else if (least !== undefined) texts.push(`at least ${least}`);
  else if (most !== undefined) texts.push(`at most ${most}`);
  const longest = bound('maxLength');
  if (longest !== undefined) texts.push(`at most ${longest} characters`);
  return texts;
}

function joined(parts: readonly Html[], separator: string): Html {
  return html`${parts.flatMap((part, i) => (i === 0 ? [part] : [html`${separator}`, part]))}`;
}

export const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
