const NAME = '[A-Za-z0-9_-][A-Za-z0-9._-]*';
const KEY = new RegExp(`^${NAME}(/${NAME})*$`);
/** S3 takes 1,024 bytes with the prefix of the bucket, a file system 255 for one name. */
const LONGEST_KEY = 512;
const LONGEST_NAME = 200;

/** No way out of the store's folder, no hidden names, nothing that a file system or S3 would read otherwise. */
export function assertKey(key: string): void {
  const isPlain = KEY.test(key) && key.length <= LONGEST_KEY;
  if (!isPlain || key.split('/').some((name) => name.length > LONGEST_NAME))
    throw new Error(`blob key ${JSON.stringify(key.slice(0, LONGEST_KEY))} is not a plain path`);
}

export function assertPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/')) throw new Error(`blob prefix ${JSON.stringify(prefix)} does not end in /`);
  assertKey(prefix.slice(0, -1));
}
