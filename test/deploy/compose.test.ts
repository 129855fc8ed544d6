/** The Compose file is one, and what it names is there: services, files, volumes, hosts, variables. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Any, composeFile, root, storeOf, variablesOf, yamlFile } from './files.ts';
import { composeProblems } from './schema.ts';

const compose = composeFile();
const services = Object.entries<Any>(compose.services);
const version = (yamlFile('package.json') as { version: string }).version;

describe('deploy/compose.yaml', () => {
  it('keeps to the published schema', () => {
    expect(composeProblems(compose)).toEqual([]);
  });

  it.each(services)('%s runs an image of one version', (_name, { image }) => {
    if (image.startsWith('tacho:')) expect(image).toBe(`tacho:${version}`);
    else expect(image).toMatch(/:\d+\.\d+\.\d+/);
  });

  it('waits only for services that are there, and for health only where it is asked for', () => {
    for (const [name, service] of services) {
      for (const [other, { condition }] of Object.entries<Any>(service.depends_on ?? {})) {
        expect(compose.services, name).toHaveProperty(other);
        if (condition === 'service_healthy')
          expect(compose.services[other].healthcheck?.test, other).toBeDefined();
      }
    }
  });

  it('mounts files that are there, and every volume into one service', () => {
    const mounts = services.flatMap(([, service]) => (service.volumes ?? []) as string[]);
    const sources = mounts.map((mount) => mount.split(':')[0]!);
    for (const file of sources.filter((source) => source.startsWith('.'))) {
      expect(existsSync(join(root, 'deploy', file)), file).toBe(true);
    }
    const named = sources.filter((source) => !source.startsWith('.'));
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('gives Tacho the shards and replicas of the cluster, all of which are services', () => {
    const [name, cluster] = Object.entries<Any>(
      yamlFile('deploy/clickhouse/compose-cluster.yaml').remote_servers,
    )[0]!;
    const hosts = cluster.shard.map(({ replica }: Any) => replica.map(({ host }: Any) => host));
    for (const [service, { environment }] of tachos()) {
      const store = storeOf(environment.TACHO_STORE);
      expect(store.cluster, service).toBe(name);
      expect(store.shards, service).toEqual(
        hosts.map((shard: string[]) => shard.map((host) => `${host}:8123`)),
      );
    }
    for (const host of hosts.flat()) expect(compose.services[host].hostname).toBe(host);
  });

  it('says to each ClickHouse which shard and replica it is, as the cluster has it', () => {
    const { remote_servers } = yamlFile('deploy/clickhouse/compose-cluster.yaml');
    for (const [index, { replica }] of remote_servers.tacho.shard.entries()) {
      for (const { host } of replica) {
        const { environment } = compose.services[host];
        expect(environment).toMatchObject({ SHARD: String(index + 1), REPLICA: host });
      }
    }
  });

  it('gives every server each variable that its configuration asks for', () => {
    for (const [name, { environment = {}, volumes = [] }] of services) {
      for (const mount of volumes.filter((each: string) => /\.yaml:/.test(each))) {
        const asked = variablesOf(yamlFile(join('deploy', mount.split(':')[0])));
        expect(Object.keys(environment), name).toEqual(expect.arrayContaining(asked));
      }
    }
  });

  it('asks each Keeper for its health where it tells it', () => {
    const { port, readiness } = yamlFile('deploy/clickhouse/compose-keeper.yaml').keeper_server
      .http_control;
    const asked = services
      .filter(([name]) => name.startsWith('keeper-'))
      .map(([, { healthcheck }]) => healthcheck.test.at(-1));
    expect(new Set(asked)).toEqual(new Set([`http://127.0.0.1:${port}${readiness.endpoint}`]));
  });

  it('has each Keeper by the number that the Raft group knows it by', () => {
    const { raft_configuration } = yamlFile('deploy/clickhouse/compose-keeper.yaml').keeper_server;
    for (const { id, hostname } of raft_configuration.server) {
      expect(compose.services[hostname]).toMatchObject({
        hostname,
        environment: { KEEPER_ID: String(id) },
      });
    }
  });

  it('shows itself to this machine alone unless told otherwise, and only through the proxy', () => {
    const published = services.filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name)).toEqual(['proxy']);
    for (const port of published[0]![1].ports) expect(port).toMatch(/:-127\.0\.0\.1\}:/);
  });
});

/** The services that are Tacho servers. */
function tachos(): [string, Any][] {
  return services.filter(([, { environment }]) => environment?.TACHO_STORE !== undefined);
}
