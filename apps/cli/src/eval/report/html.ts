/** Text for HTML and SVG, attributes included. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export interface Column {
  readonly title: string;
  readonly isText?: boolean;
}

/** A figure with what is said about it in small below. */
export interface Cell {
  readonly value: string;
  readonly below: string;
}

/** Numbers to the right. On a narrow screen the table scrolls by itself and the page does not. */
export function htmlTable(columns: readonly Column[], rows: readonly (readonly (string | Cell)[])[]): string {
  const inner = (cell: string | Cell) =>
    typeof cell === 'string' ? escaped(cell) : `${escaped(cell.value)}<small>${escaped(cell.below)}</small>`;
  const line = (tag: string, cells: readonly (string | Cell)[]) =>
    `<tr>${cells.map((cell, at) => `<${tag}${columns[at]?.isText ? ' class="text"' : ''}>${inner(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${line(
    'th',
    columns.map(({ title }) => title),
  )}</thead><tbody>${rows.map((row) => line('td', row)).join('\n')}</tbody></table></div>`;
}

/** `950`, `12k`, `3.4M`: for the ticks of an axis. */
export function short(value: number): string {
  for (const [unit, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= unit) return `${Number((value / unit).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}
