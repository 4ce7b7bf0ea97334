// Writes the table of values in the chart's README from values.schema.json and values.yaml: node helm/values-table.mjs
// With --check it writes nothing and ends with 1 if the table is another.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';

const chart = join(import.meta.dirname, 'gistpool');
const README = join(chart, 'README.md');
const BEGIN = '<!-- values: made by helm/values-table.mjs -->';
const END = '<!-- end of values -->';

/** The README as it should be. */
function readmeWithValues() {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
  const defaults = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  const rows = rowsOf(schema, '', defaults).filter(([path]) => path !== '`global`');
  const table = [
    '| value | default | what |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
  const [head, rest = ''] = readFileSync(README, 'utf8').split(BEGIN);
  return `${head}${BEGIN}\n\n${table.join('\n')}\n\n${END}${rest.split(END)[1] ?? '\n'}`;
}

function rowsOf(schema, path, value) {
  const inner = [
    ...Object.entries(schema.properties ?? {}).map(([key, one]) => [key, one, value?.[key]]),
    ...Object.values(schema.patternProperties ?? {}).map((one) => ['NAME', one, undefined]),
  ];
  const own = path === '' || isHeading(schema, value) ? [] : [rowOf(path, schema, value)];
  return [
    ...own,
    ...inner.flatMap(([key, one, its]) => rowsOf(one, path === '' ? key : `${path}.${key}`, its)),
  ];
}

/** What only holds other values needs no line, unless it is one to be given whole. */
const isHeading = (schema, value) =>
  schema.properties !== undefined && value !== undefined && Object.keys(value).length > 0;

function rowOf(path, schema, value) {
  const isSet = value !== undefined && !schema.properties;
  const choice = schema.enum ? ` One of ${schema.enum.map((one) => `\`${one}\``).join(', ')}.` : '';
  const what = `${schema.description}${choice}`.replaceAll('|', '\\|');
  return [`\`${path}\``, isSet && value !== '' ? `\`${JSON.stringify(value)}\`` : '', what];
}

const wanted = readmeWithValues();
if (!process.argv.includes('--check')) writeFileSync(README, wanted);
else if (readFileSync(README, 'utf8') !== wanted) {
  process.stderr.write(`the table of values in ${README} is old: node helm/values-table.mjs\n`);
  process.exit(1);
}
