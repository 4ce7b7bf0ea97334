import { describe, expect, it } from 'vitest';
import { schemaProblem, toGrammarSchema } from './answer-schema';

describe('a schema of an answer', () => {
  it.each([
    [{ type: 'string', pattern: 'a+' }, ['pattern']],
    [
      { type: 'object', properties: { age: { type: 'integer', minimum: 0 } } },
      ['properties', 'age', 'minimum'],
    ],
    [{ type: 'array', items: { type: 'string' }, uniqueItems: true }, ['uniqueItems']],
    [{ oneOf: [{ type: 'string' }] }, ['oneOf']],
    [{ allOf: [{ type: 'string' }] }, ['allOf']],
    [{ type: 'string', format: 'email' }, ['format']],
    [{ type: 'object', required: ['a'] }, ['required']],
    [{ type: 'array', minItems: 3, maxItems: 2 }, ['minItems']],
    [{ $ref: '#/$defs/none' }, ['$ref']],
    [{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, ['$defs', 'a']],
    [{ type: 'number', enum: ['a'] }, ['enum']],
    [{}, ['type']],
  ])('%j is refused by the name of what cannot be kept', (schema, path) => {
    expect(schemaProblem(schema)).toMatchObject({ path });
  });

  it('loses what is said for readers, and has all its properties', () => {
    const schema = {
      type: 'object',
      title: 'A person',
      properties: { name: { type: ['string', 'null'], maxLength: 9, description: 'Any' } },
      additionalProperties: true,
    };
    expect(toGrammarSchema(schema)).toEqual({
      type: 'object',
      properties: { name: { oneOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }] } },
      additionalProperties: false,
    });
  });

  it('may lead to itself within a list', () => {
    const tree = {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    };
    expect(schemaProblem({ $ref: '#/$defs/tree', $defs: { tree } })).toBeUndefined();
  });
});
