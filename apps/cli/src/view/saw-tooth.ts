const BLOCKS = '▁▂▃▄▅▆▇█';

/**
 * Live cells over time as one row of block characters, newest at the right. A full block is `fullCells`.
 * More points than columns: each column shows the highest of its points, so that no peak is hidden.
 */
export function sawTooth(cells: readonly number[], fullCells: number, columns: number): string {
  return columnsOf(cells, columns)
    .map((value) => BLOCKS.charAt(Math.min(7, Math.max(0, Math.floor((value / Math.max(1, fullCells)) * 8)))))
    .join('')
    .padStart(Math.max(0, columns));
}

function columnsOf(cells: readonly number[], columns: number): number[] {
  if (cells.length <= columns) return [...cells];
  return Array.from({ length: columns }, (_, column) => {
    const start = Math.floor((column * cells.length) / columns);
    const end = Math.floor(((column + 1) * cells.length) / columns);
    return Math.max(...cells.slice(start, end));
  });
}
