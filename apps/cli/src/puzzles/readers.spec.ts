import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from '../exit';
import { requestIn } from '../request-line';
import { parseJsonLines, readInput } from './json-lines';
import { readPuzzles } from './puzzle';

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

describe('reading puzzles', () => {
  it("reads BIG-Bench Hard's files, with the file's name for a family", async () => {
    const path = await file(
      'navigate.json',
      JSON.stringify({ canary: 'x', examples: [{ input: 'q', target: 'Yes' }] }),
    );
    expect(await readPuzzles(path)).toEqual([
      { id: 'navigate-1', family: 'navigate', input: 'q', target: 'Yes' },
    ]);
  });

  it('reads our own lines, blank ones left out but counted', async () => {
    const path = await file(
      'mine.jsonl',
      '{"id":"a","family":"f","input":"q","target":5}\n\n{"input":"r","target":"No"}\n',
    );
    expect(await readPuzzles(path)).toEqual([
      { id: 'a', family: 'f', input: 'q', target: '5' },
      { id: 'mine-3', family: 'mine', input: 'r', target: 'No' },
    ]);
  });

  it('reads GSM8K, where the answer follows ####', async () => {
    const path = await file('gsm.jsonl', '{"question":"how many?","answer":"two and two\\n#### 4"}\n');
    expect(await readPuzzles(path)).toMatchObject([{ input: 'how many?', target: '4' }]);
  });

  it.each([
    ['empty', '', 'is empty'],
    ['broken', '{"input":"q","target":"a"}\n{"input":', 'line 2 is not JSON'],
    ['array', '[1]\n', 'line 1 is not a JSON object'],
    ['other', '{"x":1}\n', 'line 1: expected {"input", "target"}'],
  ])('says what is wrong with a file that is %s', async (name, content, message) => {
    await expect(readPuzzles(await file(`${name}.jsonl`, content))).rejects.toThrow(message);
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
