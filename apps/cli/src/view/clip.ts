// eslint-disable-next-line no-control-regex
const STYLE = /\u001b\[[0-9;]*m/g;

/** Cuts a line to so many visible characters; colours and the like take no room and stay. */
export function clip(line: string, columns: number): string {
  let room = Math.max(0, columns);
  let clipped = '';
  let from = 0;
  for (const style of line.matchAll(STYLE)) {
    const text = line.slice(from, style.index).slice(0, room);
    room -= text.length;
    clipped += text + style[0];
    from = style.index + style[0].length;
  }
  return clipped + line.slice(from).slice(0, room);
}
