// Puts built programs and the packages that they need into a folder, and nothing else: what an image holds.
//   node deploy/docker/closure.mjs OUT PROGRAM… [--native @node-llama-cpp/linux-x64,…]
// Versions are those of package-lock.json, for packages are copied from node_modules. Beside them: sbom.cdx.json.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  options: { native: { type: 'string' } },
  allowPositionals: true,
});
const [out, ...programs] = positionals;
if (out === undefined || programs.length === 0) {
  process.stderr.write('usage: closure.mjs OUT PROGRAM… [--native PACKAGE,…]\n');
  process.exit(2);
}
/** Prebuilt engines, of which an image needs one; each is large. */
const NATIVE = '@node-llama-cpp/';
const native = new Set((values.native ?? '').split(','));
/** Sources, types, maps, documents, and what only builds libraries; licences stay. */
const LEFT_OUT =
  /node-llama-cpp\/llama\/(gitRelease\.bundle|xpack|toolchains|addon)|\/dist-types\/|\.([cm]?ts|map|md|markdown|flow)$/;
const KEPT = /licen[cs]e|notice|copying/i;

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** As Node finds it: beside who asks, else further up. */
function folderOf(name, from) {
  for (let at = from; at.startsWith(root); at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return undefined;
}

function importsOf(program) {
  const text = readFileSync(join(root, 'dist', program, 'main.js'), 'utf8');
  const named = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"'.][^"']*)["']/g)].map(
    ([, path]) => path,
  );
  const names = named.filter((path) => !path.startsWith('node:'));
  return names.map((path) =>
    path
      .split('/')
      .slice(0, path.startsWith('@') ? 2 : 1)
      .join('/'),
  );
}

/** What a package does not start without; an optional one only where it is there. */
function needsOf(folder) {
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = manifestOf(folder);
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers];
}

const folders = new Set();
const missing = [];
function take(name, from, isOptional) {
  if (name.startsWith(NATIVE) && !native.has(name)) return;
  const folder = folderOf(name, from);
  if (folder === undefined) {
    if (!isOptional) missing.push(`${name}, which ${relative(root, from) || 'a program'} needs`);
    return;
  }
  if (folders.has(folder)) return;
  folders.add(folder);
  const { optionalDependencies = {} } = manifestOf(folder);
  for (const need of needsOf(folder)) take(need, folder, need in optionalDependencies);
}
for (const name of new Set(programs.flatMap(importsOf))) take(name, root, false);
// An engine that was asked for and is not installed here would be missed only when a card is opened.
for (const name of native)
  if (name !== '' && ![...folders].some((folder) => folder.endsWith(`/${name}`))) missing.push(name);
if (missing.length > 0) {
  process.stderr.write(`not in node_modules: ${missing.join('; ')}\n`);
  process.exit(1);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const copy = (folder) =>
  cpSync(folder, join(out, relative(root, folder)), {
    recursive: true,
    filter: (path) => {
      const inside = relative(folder, path);
      return (
        inside === '' ||
        !(inside.split('/').includes('node_modules') || (LEFT_OUT.test(path) && !KEPT.test(basename(path))))
      );
    },
  });
for (const folder of folders) copy(folder);
for (const program of programs)
  cpSync(join(root, 'dist', program, 'main.js'), join(out, 'dist', program, 'main.js'), { recursive: true });
if (programs.includes('api'))
  cpSync(join(root, 'dist', 'dashboard'), join(out, 'dist', 'dashboard'), { recursive: true });
cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'));

const { name, version, license } = manifestOf(root);
writeFileSync(
  join(out, 'package.json'),
  `${JSON.stringify({ name, version, license, private: true, type: 'module' })}\n`,
);
const components = [...folders].map(manifestOf).map((one) => ({
  type: 'library',
  name: one.name,
  version: one.version,
  ...(typeof one.license === 'string' && { licenses: [{ expression: one.license }] }),
  purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
}));
const sbom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', name, version, licenses: [{ expression: license }] } },
  components: components.sort((a, b) => (a.purl < b.purl ? -1 : 1)),
};
writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
process.stderr.write(`${folders.size} packages for ${programs.join(', ')} in ${out}\n`);
