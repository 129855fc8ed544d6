/** The manifests are what Kubernetes knows, refer to each other rightly, and ask for no more rights than needed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Any, containersOf, manifests, root, storeOf, yamlFile, yamlOf } from './files.ts';
import { manifestProblems } from './schema.ts';

const all = manifests();
const named = all.map(({ file, manifest }) => ({
  name: `${file} ${manifest.kind} ${manifest.metadata.name}`,
  manifest,
}));
const workloads = named.filter(({ manifest }) => containersOf(manifest).length > 0);
const { version } = yamlFile('package.json');
const kustomization = yamlFile('deploy/kustomization.yaml');

/** Applied by hand, when it is their time. */
const apart = ['first-token', 'secret.example', 'ingress.example'];

describe('the manifests of Kubernetes', () => {
  it.each(named)('$name is what the API describes', ({ manifest }) => {
    expect(manifestProblems(manifest)).toEqual([]);
  });

  it('are all applied, but for those that wait for somebody', () => {
    const files = [...new Set(all.map(({ file }) => file.replace('deploy/', '')))];
    const waiting = apart.map((name) => `kubernetes/${name}.yaml`);
    expect([...kustomization.resources, ...waiting].sort()).toEqual(files.sort());
  });

  it.each(workloads)('$name: images have a version, memory a bound', ({ manifest }) => {
    for (const { image, resources } of containersOf(manifest)) {
      if (image.startsWith('tacho:')) expect(image).toBe(`tacho:${version}`);
      else expect(image).toMatch(/:\d+\.\d+\.\d+\.\d+$/);
      expect(resources.requests).toMatchObject({ cpu: expect.anything() });
      expect(resources.limits).toMatchObject({ memory: expect.anything() });
    }
  });

  it.each(workloads)('$name: runs as nobody special, and hears of no Service', ({ manifest }) => {
    const { spec } = manifest.spec.template;
    expect(spec.securityContext.runAsNonRoot).toBe(true);
    expect(spec.automountServiceAccountToken).toBe(false);
    // Else TACHO_PORT would be `tcp://…` as soon as there is a Service `tacho`.
    expect(spec.enableServiceLinks).toBe(false);
  });

  it('have Services and budgets that find pods, by ports that these have', () => {
    for (const { manifest } of all) {
      if (manifest.kind === 'Service') {
        const pods = podsOf(manifest.spec.selector);
        const ports = pods.flatMap(({ containers }: Any) => containers[0].ports);
        for (const { port, targetPort = port } of manifest.spec.ports) {
          expect(
            ports.some((each: Any) => [each.name, each.containerPort].includes(targetPort)),
            `${manifest.metadata.name} ${targetPort}`,
          ).toBe(true);
        }
      } else if (manifest.kind === 'PodDisruptionBudget') {
        podsOf(manifest.spec.selector.matchLabels);
      }
    }
  });

  it.each(workloads)('$name: probes and mounts name what is there', ({ manifest }) => {
    const { spec } = manifest.spec.template;
    const volumes = [...(spec.volumes ?? []), ...claimsOf(manifest)].map(({ name }) => name);
    for (const container of spec.containers) {
      const ports = (container.ports ?? []).map(({ name }: Any) => name);
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
        const port = (container[probe]?.httpGet ?? container[probe]?.tcpSocket)?.port;
        if (port !== undefined) expect(ports, probe).toContain(port);
      }
      for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
    }
  });

  it('ask for configurations and secrets that there are', () => {
    const secret = find('Secret', 'tacho-store');
    const maps = new Map<string, string[]>(
      kustomization.configMapGenerator.map(({ name, files }: Any) => [
        name,
        files.map((file: string) => file.split('=')[0]),
      ]),
    );
    for (const { manifest } of workloads) {
      for (const { env = [], volumeMounts, envFrom = [] } of containersOf(manifest)) {
        const refs = env.flatMap(({ valueFrom }: Any) => valueFrom?.secretKeyRef ?? []);
        for (const { name, key } of refs) {
          expect(name).toBe(secret.metadata.name);
          expect(secret.stringData).toHaveProperty([key]);
        }
        for (const { configMapRef } of envFrom) find('ConfigMap', configMapRef.name);
        for (const { name, subPath } of volumeMounts) {
          const volume = manifest.spec.template.spec.volumes?.find(
            (each: Any) => each.name === name,
          );
          if (volume?.configMap === undefined) continue;
          expect(maps.get(volume.configMap.name), volume.configMap.name).toContain(subPath);
        }
      }
    }
  });

  it('tell every Tacho of the same shards, which are those of the cluster', () => {
    const { shard } = yamlFile('deploy/clickhouse/kubernetes-cluster.yaml').remote_servers.tacho;
    const expected = shard.map(({ replica }: Any) =>
      replica.map(({ host }: Any) => `${host}:8123`),
    );
    const stores = workloads
      .flatMap(({ manifest }) => containersOf(manifest))
      .flatMap(({ env }: Any) => env.filter(({ name }: Any) => name === 'TACHO_STORE'))
      .map(({ value }: Any) => storeOf(value));
    expect(stores).toHaveLength(2);
    for (const store of stores) expect(store).toEqual({ shards: expected, cluster: 'tacho' });
  });

  it('look at /health to send requests, and never kill a server because its store is away', () => {
    const [tacho] = containersOf(find('Deployment', 'tacho'));
    expect(tacho.readinessProbe.httpGet.path).toBe('/health');
    expect(tacho.livenessProbe).not.toHaveProperty('httpGet');
  });

  it('let Tacho alone ask ClickHouse', () => {
    const policy = find('NetworkPolicy', 'clickhouse');
    expect(policy.spec.ingress[0].ports).toEqual([{ port: 8123 }]);
    const asking = policy.spec.ingress[0].from[0].podSelector.matchLabels;
    const names = workloads
      .filter(({ manifest }) => matches(asking, manifest.spec.template.metadata.labels))
      .map(({ manifest }) => manifest.metadata.name);
    expect(names.sort()).toEqual(['first-token', 'tacho']);
  });

  it('pass live streams on as they come', () => {
    const { annotations } = find('Ingress', 'tacho').metadata;
    expect(annotations['nginx.ingress.kubernetes.io/proxy-buffering']).toBe('off');
    const seconds = Number(annotations['nginx.ingress.kubernetes.io/proxy-read-timeout']);
    expect(seconds).toBeGreaterThan(15);
  });

  it.skipIf(!hasKubectl())('are put together by kubectl without complaint', () => {
    const { status, stdout, stderr } = kubectl('kustomize', join(root, 'deploy'));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const made = yamlOf(stdout);
    for (const manifest of made) expect(manifestProblems(manifest)).toEqual([]);
    const isNamespaced = made.every(
      ({ kind, metadata }) => kind === 'Namespace' || metadata.namespace === 'tacho',
    );
    expect(isNamespaced).toBe(true);
  });
});

function find(kind: string, name: string): Any {
  const found = all.find(
    ({ manifest }) => manifest.kind === kind && manifest.metadata.name === name,
  );
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found.manifest;
}

/** The pods that labels find; throws when they find none. */
function podsOf(labels: Record<string, string>): Any[] {
  const pods = workloads
    .map(({ manifest }) => manifest.spec.template)
    .filter(({ metadata }) => matches(labels, metadata.labels))
    .map(({ spec }) => spec);
  if (pods.length === 0) throw new Error(`no pod has ${JSON.stringify(labels)}`);
  return pods;
}

function matches(wanted: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function claimsOf(manifest: Any): Any[] {
  return (manifest.spec.volumeClaimTemplates ?? []).map(({ metadata }: Any) => metadata);
}

function kubectl(...args: string[]) {
  return spawnSync('kubectl', args, { encoding: 'utf8' });
}

function hasKubectl(): boolean {
  return kubectl('kustomize', '--help').status === 0;
}
