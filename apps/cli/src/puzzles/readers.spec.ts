import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from '../exit';
import { requestIn } from '../request-line';
import { readCsv } from './csv-file';
import { parseJsonLines, readInput } from './json-lines';
import { readPuzzles } from './read-puzzles';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gistpool-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function folderOf(name: string, files: Record<string, string>): Promise<string> {
  await mkdir(join(folder, name));
  for (const [entry, content] of Object.entries(files)) await file(join(name, entry), content);
  return join(folder, name);
}

const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');

describe('reading puzzles', () => {
  it("reads BIG-Bench Hard's files, with the file's name for a family", async () => {
    const path = await file(
      'paths.json',
      JSON.stringify({ canary: 'x', examples: [{ input: 'Back again?\nOptions:\n- Yes', target: 'Yes' }] }),
    );
    expect(await readPuzzles(path)).toEqual([
      {
        id: 'paths-1',
        family: 'paths',
        dataSet: 'bbh',
        input: 'Back again?\nOptions:\n- Yes',
        target: 'Yes',
      },
    ]);
  });

  it('knows the options that a question of BIG-Bench Hard lists', async () => {
    const input = 'Which is blue?\nOptions:\n(A) the cup\n(B) the hat';
    const path = await file('hues.json', JSON.stringify({ examples: [{ input, target: '(B)' }] }));
    expect(await readPuzzles(path)).toMatchObject([{ choices: ['the cup', 'the hat'] }]);
  });

  it('reads our own lines, blank ones left out but counted', async () => {
    const path = await file(
      'mine.jsonl',
      '{"id":"a","family":"f","input":"q","target":5}\n\n{"input":"r","target":"No"}\n',
    );
    expect(await readPuzzles(path)).toEqual([
      { id: 'a', family: 'f', dataSet: 'own', input: 'q', target: '5' },
      { id: 'mine-3', family: 'mine', dataSet: 'own', input: 'r', target: 'No' },
    ]);
  });

  it('reads GSM8K, where the answer follows ####', async () => {
    const path = await file('gsm.jsonl', '{"question":"how many?","answer":"two and two\\n#### 4"}\n');
    expect(await readPuzzles(path)).toMatchObject([{ dataSet: 'gsm8k', input: 'how many?', target: '4' }]);
  });

  it.each([
    ['a line each', 'jsonl', (values: unknown[]) => lines(...values)],
    ['one list', 'json', (values: unknown[]) => JSON.stringify(values, null, 2)],
  ])('reads MMLU as JSON, %s, with an index or a letter for an answer', async (_, ending, write) => {
    const choices = ['red', 'green', 'blue', 'none'];
    const path = await file(
      `colours_test.${ending}`,
      write([
        { question: 'A leaf is', subject: 'botany', choices, answer: 1 },
        { question: 'The sky is', choices, answer: 'C' },
      ]),
    );
    expect(await readPuzzles(path)).toEqual([
      {
        id: 'colours_test-1',
        family: 'botany',
        dataSet: 'mmlu',
        input: 'A leaf is\nA. red\nB. green\nC. blue\nD. none',
        target: 'B',
        choices,
      },
      expect.objectContaining({ family: 'colours', target: 'C' }),
    ]);
  });

  it('reads MMLU as CSV without a header, its subject from the name of the file', async () => {
    const path = await file(
      'birds_test.csv',
      '"Which one, of these, swims?",eagle,penguin,"owl, barn",lark,B\n',
    );
    expect(await readPuzzles(path)).toEqual([
      {
        id: 'birds_test-1',
        family: 'birds',
        dataSet: 'mmlu',
        input: 'Which one, of these, swims?\nA. eagle\nB. penguin\nC. owl, barn\nD. lark',
        target: 'B',
        choices: ['eagle', 'penguin', 'owl, barn', 'lark'],
      },
    ]);
  });

  const GPQA =
    'Pre-Revision Question,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Record ID\n' +
    'old,"How many\nlegs?",eight,six,four,two,rec1\nold,How many eyes?,3,5,7,9,rec2\n';

  it('reads GPQA, its options in an order that the seed decides', async () => {
    const path = await file('gpqa_tiny.csv', GPQA);
    const read = await readPuzzles(path, { seed: 1 });
    expect(read.map(({ id, family, dataSet }) => [id, family, dataSet])).toEqual([
      ['rec1', 'gpqa_tiny', 'gpqa'],
      ['rec2', 'gpqa_tiny', 'gpqa'],
    ]);
    const [first] = read;
    expect(first?.input).toMatch(/^How many\nlegs\?\nA\. /);
    expect([...(first?.choices ?? [])].sort()).toEqual(['eight', 'four', 'six', 'two']);
    expect(await readPuzzles(path, { seed: 1 })).toEqual(read);
    const orders = await Promise.all([1, 2, 3, 4, 5].map((seed) => readPuzzles(path, { seed })));
    expect(new Set(orders.map(([puzzle]) => puzzle?.input)).size).toBeGreaterThan(1);
  });

  it('leaves the right answer of GPQA right, whatever the seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        for (const { target, choices = [] } of readCsv(GPQA, 'x', 'x', seed)) {
          expect(['eight', '3']).toContain(choices[target.charCodeAt(0) - 'A'.charCodeAt(0)]);
        }
      }),
    );
  });

  it('reads every data file of a folder and nothing else', async () => {
    const path = await folderOf('many', {
      'README.md': 'about',
      LICENSE: 'MIT',
      '.hidden.json': '{',
      'a.json': JSON.stringify({ examples: [{ input: 'q', target: 'Yes' }] }),
      'b.jsonl': lines({ id: '7', family: 'f', input: 'q', target: '1' }),
      'c.csv': 'q,1,2,3,4,A\n',
    });
    await mkdir(join(path, 'more'));
    expect((await readPuzzles(path)).map(({ id, family }) => [id, family])).toEqual([
      ['a-1', 'a'],
      ['b/7', 'f'],
      ['c-1', 'c'],
    ]);
  });

  it.each([
    ['empty.jsonl', '', 'empty.jsonl is empty'],
    ['empty.json', ' \n', 'empty.json is empty'],
    ['empty.csv', '', 'the file is empty'],
    ['broken.jsonl', '{"input":"q","target":"a"}\n{"input":', 'line 2 is not JSON'],
    ['array.jsonl', '[1]\n[2]\n', 'line 1 is not a JSON object'],
    ['other.jsonl', '{"x":1}\n', 'line 1: expected BIG-Bench Hard'],
    [
      'target.jsonl',
      '{"input":"q","target":"a"}\n{"input":"q","target":" "}',
      'line 2: target: the target is empty',
    ],
    ['result.jsonl', '{"question":"q","answer":"long\\nwinded"}', 'line 1: the answer gives no result'],
    [
      'index.jsonl',
      '{"question":"q","choices":["a","b"],"answer":2}',
      'line 1: answer 2 is none of the 2 choices',
    ],
    [
      'twice.jsonl',
      lines({ id: 1, input: 'q', target: 'a' }, { id: 1, input: 'r', target: 'a' }),
      'have the id "1"',
    ],
    ['broken.json', '{\n"examples": [\n{"input": "q" "target": "a"}\n]}', 'line 3: not JSON'],
    ['cut.json', '{\n"examples": [\n{"input": "q",\n', 'line 3: not JSON'],
    ['none.json', '{"examples": []}', 'line 1: examples: there are none'],
    [
      'missing.json',
      '{"examples": [\n{"input": "q", "target": "a"},\n{"input": "r"}]}',
      'line 3: examples.1.target',
    ],
    ['list.json', '[\n{"input": "q", "target": "a"},\n{"y": 1}\n]', 'line 3: expected'],
    ['columns.csv', 'q,a,b,c,d,A\nq,a,b\n', 'line 2: 3 columns; MMLU has 6'],
    ['letter.csv', 'q,a,b,c,d,E\n', 'line 1: the answer is "E"'],
    ['quote.csv', 'q,"a,b\n', 'not CSV'],
    ['header.csv', 'Question,Correct Answer\nq,a\n', 'line 1: the header lacks "incorrect answer 1"'],
    ['cell.csv', `${GPQA}old,Why?,,a,b,c,rec3\n`, 'line 5: "correct answer" is empty'],
    ['nothing.txt', 'Dear diary', 'line 1: not JSON'],
  ])('names what is wrong with %s', async (name, content, message) => {
    const error: unknown = await readPuzzles(await file(name, content)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string });
    expect((error as CliError).message).toContain(name);
  });

  it.each([
    ['bare', { 'README.md': 'x' }, 'holds no data file'],
    ['twins', { 'a.json': '{}', 'a.csv': '' }, 'a.csv and a.json would have the same name a'],
    [
      'bad',
      { 'a.jsonl': '{"input":"q","target":"a"}', 'b.jsonl': '{"input":"q"}' },
      'b.jsonl, line 1: expected',
    ],
  ])('refuses the folder %s and says why', async (name, files, message) => {
    await expect(readPuzzles(await folderOf(name, files as Record<string, string>))).rejects.toThrow(message);
  });

  it.each([
    ['nowhere.jsonl', 'there is no such file'],
    ['.', 'it is a folder'],
  ])('says why %s cannot be read', async (path, message) => {
    const error: unknown = await readInput(join(folder, path)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string });
  });
});

describe('a submitted line', () => {
  it('that is a puzzle becomes a request with its id and family', () => {
    expect(requestIn({ id: 'a', family: 'f', input: 'q', target: 'Yes' }, 'nano')).toEqual({
      prompt: 'q',
      custom_id: 'a',
      task: 'f',
      model: 'nano',
    });
  });

  it('that is a request stays what it is, its own model included', () => {
    const request = { prompt: 'q', model: 'other', limits: { max_tokens: 5 } };
    expect(requestIn(request, 'nano')).toEqual(request);
    expect(requestIn({ prompt: 'q' }, undefined)).toEqual({ prompt: 'q' });
  });

  it('may begin with a byte order mark and end with CRLF', () => {
    expect(parseJsonLines('\uFEFF{"a":1}\r\n{"b":2}\r\n', 'x')).toEqual([
      { number: 1, value: { a: 1 } },
      { number: 2, value: { b: 2 } },
    ]);
  });
});
