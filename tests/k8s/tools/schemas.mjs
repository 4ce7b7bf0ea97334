// Makes tests/k8s/schemas and tests/k8s/crds again, from what Kubernetes, KEDA and the Prometheus operator publish.
// Needs Go, for the modules that hold it. Run when a version changes: node tests/k8s/tools/schemas.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { parse } from 'yaml';

const KUBERNETES = 'k8s.io/kubernetes@v1.35.4';
const KEDA = 'github.com/kedacore/keda/v2@v2.21.0';
const PROMETHEUS = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';

/** The kinds that the chart renders, by the name of their definition. */
const KINDS = {
  'deployment-apps-v1': 'io.k8s.api.apps.v1.Deployment',
  'statefulset-apps-v1': 'io.k8s.api.apps.v1.StatefulSet',
  'pod-v1': 'io.k8s.api.core.v1.Pod',
  'service-v1': 'io.k8s.api.core.v1.Service',
  'serviceaccount-v1': 'io.k8s.api.core.v1.ServiceAccount',
  'secret-v1': 'io.k8s.api.core.v1.Secret',
  'configmap-v1': 'io.k8s.api.core.v1.ConfigMap',
  'persistentvolumeclaim-v1': 'io.k8s.api.core.v1.PersistentVolumeClaim',
  'poddisruptionbudget-policy-v1': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'networkpolicy-networking-v1': 'io.k8s.api.networking.v1.NetworkPolicy',
  'ingress-networking-v1': 'io.k8s.api.networking.v1.Ingress',
};
const CRDS = [
  [KEDA, 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  [KEDA, 'config/crd/bases/keda.sh_triggerauthentications.yaml'],
  [PROMETHEUS, 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'],
  [PROMETHEUS, 'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml'],
];

const here = import.meta.dirname;
const schemas = join(here, '../schemas');
const crds = join(here, '../crds');
const folders = new Map();

function folderOf(module) {
  if (!folders.has(module)) {
    const said = execFileSync('go', ['mod', 'download', '-json', module], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
    folders.set(module, JSON.parse(said).Dir);
  }
  return folders.get(module);
}

/** What is not named is refused; what only explains is left out. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string')
    return { anyOf: [{ type: 'integer' }, { type: 'string' }] };
  const kept = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith('x-kubernetes-') || ['format', 'default', 'nullable'].includes(key)) continue;
    if (key === 'description' && typeof value === 'string') continue;
    kept[key] =
      key === 'properties' || key === 'definitions'
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, strict(one)]))
        : strict(value);
  }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (kept.properties && kept.additionalProperties === undefined && !isOpen)
    kept.additionalProperties = false;
  return kept;
}

function referred(definitions, name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, ref] of JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/([^"]+)"/g))
    referred(definitions, ref, found);
  return found;
}

for (const folder of [schemas, crds]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
const swagger = JSON.parse(readFileSync(join(folderOf(KUBERNETES), 'api/openapi-spec/swagger.json'), 'utf8'));
const quantity = { anyOf: [{ type: 'string' }, { type: 'number' }] };
for (const [file, name] of Object.entries(KINDS)) {
  const definitions = {};
  for (const one of referred(swagger.definitions, name)) definitions[one] = strict(swagger.definitions[one]);
  const quantityName = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
  if (definitions[quantityName]) definitions[quantityName] = quantity;
  const { [name]: itself, ...others } = definitions;
  writeFileSync(join(schemas, `${file}.json`), `${JSON.stringify({ ...itself, definitions: others })}\n`);
}
for (const [module, path] of CRDS) {
  const text = readFileSync(join(folderOf(module), path), 'utf8');
  const { spec } = parse(text);
  for (const version of spec.versions.filter(({ served }) => served)) {
    const schema = strict(version.schema.openAPIV3Schema);
    schema.properties.metadata = { type: 'object' };
    const file = `${spec.names.singular}-${spec.group.split('.')[0]}-${version.name}.json`;
    writeFileSync(join(schemas, file), `${JSON.stringify(schema)}\n`);
  }
  writeFileSync(join(crds, path.split('/').pop()), text);
}
