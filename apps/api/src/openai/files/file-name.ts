import { ApiError } from '../../http/api-error';

const LONGEST_NAME = 255;
/** Control characters, and line breaks as browsers and clients write them into a form (%0D, %0A). */
// eslint-disable-next-line no-control-regex
const BREAKS_LINES = /[\u0000-\u001f\u007f\u2028\u2029]|%0[ad]/i;

/** The name that a client gave its file: kept to be shown, never part of a path, and refused if it could break a header. */
export function fileNameOf(given: string | undefined): string {
  const name = given ?? '';
  const wrong = (what: string) => new ApiError(400, 'invalid_request', `file: ${what}`, 'file');
  if (name === '') throw wrong('it has no file name');
  if (name.length > LONGEST_NAME) throw wrong(`its name has more than ${LONGEST_NAME} characters`);
  if (BREAKS_LINES.test(name)) throw wrong('its name holds a line break or another control character');
  // The parser of forms keeps what follows the last slash; whatever it leaves must lead nowhere, either.
  if (/[/\\]/.test(name) || /^\.+$/.test(name)) throw wrong('its name is a path; send the name alone');
  return name;
}

/** For a download; what is not ASCII is written as RFC 8187 wants it. */
export const dispositionOf = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;
