/** A JSON Schema within another, or what stands in its place. */
type Node = unknown;
type Fields = Readonly<Record<string, unknown>>;

export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/** Say something about a value, or are said for readers: nothing to keep. */
const NOTES = ['title', 'description', 'default', 'examples', '$schema', '$id', '$comment', 'deprecated'];
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'format'],
  number: [],
  integer: [],
  boolean: [],
  null: [],
};
const FORMATS = ['date', 'time', 'date-time'];
/** A grammar repeats a thing only so often. */
const MOST_REPEATS = 1_000;
const MOST_DEPTH = 32;

class Refused extends Error {
  constructor(
    readonly path: SchemaProblem['path'],
    reason: string,
  ) {
    super(reason);
  }
}

/** The first thing in a schema that a grammar cannot keep to; undefined: it can all. */
export function schemaProblem(schema: Fields): SchemaProblem | undefined {
  try {
    toGrammarSchema(schema);
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return { path: error.path, reason: error.message };
    throw error;
  }
}

/**
 * A schema as the engine's converter reads it. Every text of the grammar that comes of it satisfies the schema; not every
 * value that satisfies the schema is such a text: all properties are there, in their order, and no others where some are
 * named. What the converter would pass over silently is refused.
 */
export function toGrammarSchema(schema: Fields): Fields {
  const definitions = fields(schema['$defs'] ?? {}, ['$defs']);
  const walk = new Walk(definitions);
  const { $defs: _, ...root } = schema;
  const made = walk.schema(root, [], 0);
  const defs = Object.fromEntries(
    Object.keys(definitions).map((name) => [name, walk.schema(definitions[name], ['$defs', name], 0)]),
  );
  walk.refuseCircles();
  return Object.keys(defs).length === 0 ? made : { ...made, $defs: defs };
}

class Walk {
  constructor(private readonly definitions: Fields) {}

  schema(node: Node, path: SchemaProblem['path'], depth: number): Fields {
    if (depth > MOST_DEPTH) throw new Refused(path, `nested more than ${MOST_DEPTH} deep`);
    const given = withoutNotes(fields(node, path));
    if ('$ref' in given) return this.reference(given, path);
    if ('anyOf' in given) return this.choice(given, path, depth);
    if ('const' in given) return literal(given, 'const', [given['const']], path);
    if ('enum' in given) return literal(given, 'enum', list(given['enum'], [...path, 'enum']), path);
    const { type } = given;
    if (Array.isArray(type)) return this.types(given, type, path, depth);
    if (type === undefined) only(given, [], path);
    if (typeof type !== 'string' || !Object.hasOwn(KEYWORDS, type))
      throw new Refused([...path, 'type'], 'expected a type, or const, enum, anyOf or $ref');
    only(given, ['type', ...(KEYWORDS[type] ?? [])], path);
    if (type === 'object') return this.object(given, path, depth);
    if (type === 'array') return this.array(given, path, depth);
    return type === 'string' ? text(given, path) : { type };
  }

  /** A definition that is nothing but itself would have no end. */
  refuseCircles(): void {
    for (const start of Object.keys(this.definitions)) {
      const open = [start];
      for (const seen = new Set<string>(); open.length > 0;) {
        for (const next of directRefs(this.definitions[open.pop() ?? ''])) {
          if (next === start) throw new Refused(['$defs', start], 'leads to itself and nothing else');
          if (!seen.has(next)) open.push(next);
          seen.add(next);
        }
      }
    }
  }

  private reference(given: Fields, path: SchemaProblem['path']): Fields {
    only(given, ['$ref'], path);
    const { $ref } = given;
    const name = typeof $ref === 'string' && $ref.startsWith('#/$defs/') ? $ref.slice(8) : '';
    if (!Object.hasOwn(this.definitions, name))
      throw new Refused([...path, '$ref'], 'expected #/$defs/ and the name of a definition of the root');
    return { $ref: `#/$defs/${name}` };
  }

  private choice(given: Fields, path: SchemaProblem['path'], depth: number): Fields {
    only(given, ['anyOf'], path);
    const choices = list(given['anyOf'], [...path, 'anyOf']);
    return { oneOf: choices.map((choice, at) => this.schema(choice, [...path, 'anyOf', at], depth + 1)) };
  }

  /** A list of types is a choice; each keyword goes with the type that it is about. */
  private types(given: Fields, types: readonly Node[], path: SchemaProblem['path'], depth: number): Fields {
    const known = types.filter((type): type is string => typeof type === 'string');
    only(given, ['type', ...known.flatMap((type) => KEYWORDS[type] ?? [])], path);
    const choices = known.map((type) => {
      const own = Object.entries(given).filter(([name]) => KEYWORDS[type]?.includes(name));
      return this.schema({ ...Object.fromEntries(own), type }, path, depth + 1);
    });
    if (choices.length < types.length || choices.length === 0)
      throw new Refused([...path, 'type'], 'expected names of types');
    return { oneOf: choices };
  }

  private object(given: Fields, path: SchemaProblem['path'], depth: number): Fields {
    const properties = fields(given['properties'] ?? {}, [...path, 'properties']);
    const made = Object.entries(properties).map(([name, property]) => [
      name,
      this.schema(property, [...path, 'properties', name], depth + 1),
    ]);
    for (const name of (given['required'] as Node[] | undefined) ?? [])
      if (typeof name !== 'string' || !Object.hasOwn(properties, name))
        throw new Refused([...path, 'required'], 'expected names of properties');
    const others = given['additionalProperties'] ?? made.length === 0;
    if (typeof others === 'boolean' || made.length > 0)
      return {
        type: 'object',
        properties: Object.fromEntries(made),
        additionalProperties: made.length === 0 && others === true,
      };
    const each = this.schema(others, [...path, 'additionalProperties'], depth + 1);
    return { type: 'object', additionalProperties: each };
  }

  private array(given: Fields, path: SchemaProblem['path'], depth: number): Fields {
    const { items, prefixItems } = given;
    const { minItems, maxItems } = counts(given, 'minItems', 'maxItems', path);
    const first = prefixItems === undefined ? [] : list(prefixItems, [...path, 'prefixItems']);
    if (maxItems !== undefined && maxItems < first.length)
      throw new Refused([...path, 'maxItems'], 'expected no fewer than prefixItems');
    return {
      type: 'array',
      ...(items === undefined ? {} : { items: this.schema(items, [...path, 'items'], depth + 1) }),
      ...(first.length === 0
        ? {}
        : {
            prefixItems: first.map((item, at) => this.schema(item, [...path, 'prefixItems', at], depth + 1)),
          }),
      ...(minItems === undefined ? {} : { minItems }),
      ...(maxItems === undefined ? {} : { maxItems }),
    };
  }
}

function text(given: Fields, path: SchemaProblem['path']): Fields {
  const { format } = given;
  const { minLength, maxLength } = counts(given, 'minLength', 'maxLength', path);
  if (format === undefined)
    return {
      type: 'string',
      ...(minLength === undefined ? {} : { minLength }),
      ...(maxLength === undefined ? {} : { maxLength }),
    };
  if (typeof format !== 'string' || !FORMATS.includes(format))
    throw new Refused([...path, 'format'], `is not supported; known are ${FORMATS.join(', ')}`);
  if (minLength !== undefined || maxLength !== undefined)
    throw new Refused([...path, 'format'], 'does not go with a length');
  return { type: 'string', format };
}

function literal(given: Fields, name: string, values: readonly Node[], path: SchemaProblem['path']): Fields {
  const { type } = given;
  only(given, [name, 'type'], path);
  const types = [type ?? []].flat();
  for (const value of values) {
    if (typeof value === 'object' && value !== null)
      throw new Refused([...path, name], 'expected texts, numbers, true, false or null');
    if (types.length > 0 && !types.some((one) => isOf(value, one)))
      throw new Refused([...path, name], 'has a value of another type');
  }
  return { enum: values };
}

function isOf(value: Node, type: Node): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function counts<L extends string, M extends string>(
  given: Fields,
  least: L,
  most: M,
  path: SchemaProblem['path'],
): Partial<Record<L | M, number>> {
  const found: Partial<Record<string, number>> = {};
  for (const name of [least, most]) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MOST_REPEATS)
      throw new Refused([...path, name], `expected a whole number from 0 to ${MOST_REPEATS}`);
    found[name] = value;
  }
  if ((found[least] ?? 0) > (found[most] ?? Infinity))
    throw new Refused([...path, least], `is more than ${most}`);
  return found as Partial<Record<L | M, number>>;
}

/** Definitions that a schema may be without anything before them. */
function directRefs(node: Node): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { $ref, anyOf } = node as Fields;
  if (typeof $ref === 'string') return [$ref.slice(8)];
  return Array.isArray(anyOf) ? anyOf.flatMap(directRefs) : [];
}

function only(given: Fields, names: readonly string[], path: SchemaProblem['path']): void {
  const other = Object.keys(given).find((name) => !names.includes(name));
  if (other !== undefined) throw new Refused([...path, other], 'is not supported in a schema of an answer');
}

const withoutNotes = (given: Fields): Fields =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !NOTES.includes(name)));

function fields(node: Node, path: SchemaProblem['path']): Fields {
  if (typeof node === 'object' && node !== null && !Array.isArray(node)) return node as Fields;
  throw new Refused(path, 'expected an object');
}

function list(node: Node, path: SchemaProblem['path']): readonly Node[] {
  if (Array.isArray(node) && node.length > 0 && node.length <= MOST_REPEATS) return node as readonly Node[];
  throw new Refused(path, `expected a list of 1 to ${MOST_REPEATS}`);
}
