/** The files of `deploy/` as the tests look at them: texts, YAML, Compose services, Kubernetes manifests. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Anything that YAML may hold. */
// biome-ignore lint/suspicious/noExplicitAny: foreign documents, whose form the schemas check
export type Any = any;

/** Text of a file by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Paths of all files in `deploy/`, from the root. */
export function deployFiles(): string[] {
  return readdirSync(join(root, 'deploy'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length).replaceAll(sep, '/'))
    .sort();
}

/** The YAML documents of a text; throws at whatever is not quite right, a key that is there twice included. */
export function yamlOf(text: string): Any[] {
  return parseAllDocuments(text, { merge: true, strict: true, uniqueKeys: true }).map(
    (document) => {
      const [problem] = [...document.errors, ...document.warnings];
      if (problem !== undefined) throw problem;
      return document.toJS();
    },
  );
}

/** A YAML file of one document. */
export function yamlFile(path: string): Any {
  return yamlOf(textOf(path))[0];
}

/** The manifests of Kubernetes in a folder, with the file that each one is from. */
export function manifests(): { file: string; manifest: Any }[] {
  return deployFiles()
    .filter((file) => file.startsWith('deploy/kubernetes/'))
    .flatMap((file) => yamlOf(textOf(file)).map((manifest) => ({ file, manifest })));
}

/** The containers of a manifest; none where it makes no pods. */
export function containersOf(manifest: Any): Any[] {
  return manifest.spec?.template?.spec?.containers ?? [];
}

/** The Compose file. */
export function composeFile(): Any {
  return yamlFile('deploy/compose.yaml');
}

/** What a store address says: shards, each with the `host:port` of its replicas, and the cluster. */
export function storeOf(address: string): { shards: string[][]; cluster: string | undefined } {
  const [, hosts = '', cluster] =
    /^clickhouse:\/\/[^@]+@([^/]+)\/\w+(?:\?cluster=(\w+))?$/.exec(address) ?? [];
  return { shards: hosts.split(',').map((shard) => shard.split('|')), cluster };
}

/** The variables that a configuration of ClickHouse takes from its environment. */
export function variablesOf(value: Any): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '@from_env' ? [String(child)] : variablesOf(child),
  );
}

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
