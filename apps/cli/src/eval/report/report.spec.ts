import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../comparison';
import { recordOf, runOf, usageOf } from '../record.fixture';
import { short } from './html';
import { reportHtml } from './report';

const records = (scale: number, isTraced = true) =>
  Array.from({ length: 12 }, (_, at) =>
    recordOf({
      id: `f-${at}`,
      family: at < 6 ? 'rings' : 'turns <and> "signs"',
      answer: at % 3 === 0 ? '<b>no</b>' : 'yes',
      right: at % 3 !== 0,
      usage: usageOf({ peak_cells: scale * (40 + at), dep: scale ** 2 * 900 * (at + 1), thoughts: at }),
      ...(isTraced &&
        at < 2 && {
          saw_tooth: [
            [0, 40],
            [30, scale * 70],
          ] as [number, number][],
        }),
    }),
  );

/** Every opened element is closed in order; void elements stand alone. */
function unclosed(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of html.matchAll(/<(\/?)([a-zA-Z0-9]+)\b[^>]*?(\/?)>/g)) {
    if (selfClosed === '/' || name === 'meta') continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe('the report', () => {
  const light = runOf('light', records(1));
  const vanilla = runOf('vanilla', records(4), 'vanilla');
  const both = reportHtml([light, vanilla], compare([light, vanilla]));

  it('needs nothing from any network', () => {
    expect(both).not.toMatch(/(src|href)=|@import|url\(|https?:\/\//);
  });

  it('is well formed, and no name or answer becomes markup', () => {
    expect(unclosed(both)).toEqual([]);
    expect(both).not.toContain('<b>no</b>');
    expect(both).not.toContain('turns <and>');
    expect(both).toContain('turns &#60;and&#62;');
  });

  it('follows the reader in light and dark and the width of a phone', () => {
    expect(both).toContain('prefers-color-scheme: dark');
    expect(both).toContain('width=device-width');
  });

  it('lays the saw-teeth of both runs over each other and lets the item be chosen', () => {
    expect(both.match(/<option /g)).toHaveLength(2);
    const [figure] = /<figure data-item="f-1">[\s\S]*?<\/figure>/.exec(both) ?? [''];
    expect(figure).toContain('var(--lightthinker)');
    expect(figure).toContain('var(--vanilla)');
    expect(both.match(/<figure data-item="[^"]*" hidden>/g)).toHaveLength(1);
  });

  it('shows beside a single run what plain decoding of the same text would have held', () => {
    expect(reportHtml([light])).toMatch(
      /<path class="plain"[\s\S]*dashed: plain decoding of the same text, 144 cells at its end/,
    );
    expect(both).not.toContain('class="plain"');
  });

  it('draws accuracy against peak with a point for each family and run', () => {
    expect(both.match(/<title>rings, (light|vanilla): 66\.7 % of 6 at \d+ cells<\/title>/g)).toHaveLength(2);
  });

  it('draws how peaks, Dep, thoughts and compression ratios are spread', () => {
    const alone = reportHtml([light]);
    for (const title of ['Peak', 'Dep', 'Thoughts', 'Compression ratio'])
      expect(alone).toContain(`<b>${title}</b>`);
    expect(alone).toContain('fewer cells than plain decoding');
  });

  it('leaves out the picture that nothing was kept for, and stands an empty or failed run', () => {
    expect(reportHtml([runOf('bare', records(1, false))])).not.toContain('Live cells of one item');
    const failed = recordOf({ state: 'failed', right: false, answer: '' });
    delete failed.usage;
    expect(unclosed(reportHtml([runOf('failed', [failed])]))).toEqual([]);
    expect(reportHtml([runOf('failed', [failed])])).not.toMatch(/NaN|Infinity/);
  });

  it('holds no figure that is not a number, whatever was measured', () => {
    const cells = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cells, cells, fc.boolean()), { minLength: 1, maxLength: 5 }),
        (values) => {
          const run = runOf(
            'any',
            values.map(([peak, dep, right], at) =>
              recordOf({ id: `f-${at}`, right, usage: usageOf({ peak_cells: peak, dep, thoughts: 0 }) }),
            ),
          );
          expect(reportHtml([run])).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a tick', () => {
  it.each([
    [0, '0'],
    [950, '950'],
    [1500, '1.5k'],
    [20_000, '20k'],
    [3_400_000, '3.4M'],
    [0.25, '0.25'],
  ])('of %d reads %s', (value, text) => {
    expect(short(value)).toBe(text);
  });
});
