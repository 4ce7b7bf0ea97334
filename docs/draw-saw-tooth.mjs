// Draws docs/saw-tooth.svg from a real run: one long puzzle on the bundled model and on its vanilla twin.
// Usage, beside a running `./gistpool up`: node docs/draw-saw-tooth.mjs [http://127.0.0.1:7410]
import { readFile, writeFile } from 'node:fs/promises';

const url = process.argv[2] ?? 'http://127.0.0.1:7410';
const here = new URL('.', import.meta.url);
const puzzles = (await readFile(new URL('../models/puzzles/long-horizon.jsonl', here), 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ family }) => family === 'loop_ring');
const { input } = puzzles.reduce((longest, puzzle) =>
  rounds(puzzle.input) > rounds(longest.input) ? puzzle : longest,
);

function rounds(text) {
  return Number(/(\d+) rounds/.exec(text)?.[1] ?? 0);
}

async function run(model) {
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt: input }),
  });
  const { id } = await response.json();
  const text = await (await fetch(`${url}/v1/jobs/${id}/events`)).text();
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data));
  const job = await (await fetch(`${url}/v1/jobs/${id}`)).json();
  if (job.state !== 'completed') throw new Error(`${model}: ${JSON.stringify(job)}`);
  return { usage: job.usage, answer: job.result.answer, events };
}

/** Points (sampled tokens, live cells): up by one cell a token, down at each compression. */
function sawTooth({ usage, events }) {
  let [tokens, cells] = [0, usage.prompt_tokens];
  const points = [[tokens, cells]];
  for (const { type, cells_before, cells_after } of events) {
    if (type !== 'compression') continue;
    const fedBesides = points.length === 1 ? 2 : 3; // gists, and the continue before: fed, not sampled
    tokens += cells_before - cells - fedBesides;
    points.push([tokens, cells_before], [tokens, cells_after]);
    cells = cells_after;
  }
  points.push([usage.generated_tokens, cells + usage.generated_tokens - tokens]);
  return points;
}

const [light, vanilla] = [await run('gistpool-nano-qwen2'), await run('gistpool-nano-qwen2-vanilla')];
const [width, height, left, bottom, top] = [860, 340, 56, 44, 56];
const mostTokens = Math.max(light.usage.generated_tokens, vanilla.usage.generated_tokens);
const mostCells = vanilla.usage.peak_cells;
const x = (tokens) => left + (tokens / mostTokens) * (width - left - 24);
const y = (cells) => height - bottom - (cells / mostCells) * (height - bottom - top);
const line = (points) => points.map(([t, c]) => `${x(t).toFixed(1)},${y(c).toFixed(1)}`).join(' ');
const ramp = [
  [0, vanilla.usage.prompt_tokens],
  [vanilla.usage.generated_tokens, vanilla.usage.peak_cells],
];
const ticks = (most) => {
  const step = 10 ** Math.floor(Math.log10(most)) / (most / 10 ** Math.floor(Math.log10(most)) < 2 ? 5 : 2);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
};
const area = (points) => `${x(0)},${y(0)} ${line(points)} ${x(points.at(-1)[0]).toFixed(1)},${y(0)}`;

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Live KV cells of one job over its sampled tokens: vanilla rises to ${vanilla.usage.peak_cells}, LightThinker stays below ${light.usage.peak_cells}">
<style>
.back { fill: #ffffff } .text { fill: #1f2933 } .faint { fill: #616e7c } .grid { stroke: #e4e7eb }
.vanilla { stroke: #b44d12; fill: none } .vanilla-area { fill: #b44d1218 } .light { stroke: #0b69a3; fill: none } .light-area { fill: #0b69a322 }
@media (prefers-color-scheme: dark) {
.back { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9aa5b1 } .grid { stroke: #30363d }
.vanilla { stroke: #f0883e } .vanilla-area { fill: #f0883e18 } .light { stroke: #58a6ff } .light-area { fill: #58a6ff22 }
}
</style>
<rect class="back" width="${width}" height="${height}" rx="8"/>
<text class="text" x="${left}" y="24" font-size="15" font-weight="600">Live KV cells of one job, ${rounds(input)} rounds of reasoning</text>
<text class="faint" x="${left}" y="43">same puzzle, same answer ${light.answer}: peak ${light.usage.peak_cells} cells instead of ${vanilla.usage.peak_cells}, ${light.usage.compressions} compressions</text>
${ticks(mostCells)
  .map(
    (cells) =>
      `<line class="grid" x1="${left}" x2="${width - 24}" y1="${y(cells)}" y2="${y(cells)}"/><text class="faint" x="${left - 8}" y="${y(cells) + 4}" text-anchor="end">${cells}</text>`,
  )
  .join('\n')}
${ticks(mostTokens)
  .map(
    (tokens) =>
      `<text class="faint" x="${x(tokens)}" y="${height - bottom + 18}" text-anchor="middle">${tokens}</text>`,
  )
  .join('\n')}
<text class="faint" x="${width - 24}" y="${height - 8}" text-anchor="end">sampled tokens</text>
<polygon class="vanilla-area" points="${area(ramp)}"/>
<polyline class="vanilla" stroke-width="2" points="${line(ramp)}"/>
<polygon class="light-area" points="${area(sawTooth(light))}"/>
<polyline class="light" stroke-width="1.5" stroke-linejoin="round" points="${line(sawTooth(light))}"/>
<text class="text" x="${x(mostTokens * 0.62)}" y="${y(mostCells * 0.72)}" text-anchor="end">vanilla</text>
<text class="text" x="${x(mostTokens * 0.62)}" y="${y(light.usage.peak_cells) - 8}" text-anchor="end">LightThinker</text>
</svg>
`;
await writeFile(new URL('saw-tooth.svg', here), svg);
process.stdout.write(
  `LightThinker ${light.answer}, peak ${light.usage.peak_cells}; vanilla ${vanilla.answer}, peak ${vanilla.usage.peak_cells}\n`,
);
