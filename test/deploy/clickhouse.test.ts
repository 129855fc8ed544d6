/** The configuration of ClickHouse and Keeper is well-formed, and both clusters are what Tacho expects. */
import { describe, expect, it } from 'vitest';
import { type Any, deployFiles, manifests, textOf, yamlFile, yamlOf } from './files.ts';

const files = deployFiles().filter((file) => file.startsWith('deploy/clickhouse/'));

/** Logs of itself that ClickHouse keeps in tables by its own default configuration. */
const logTables = [
  ...['query_log', 'query_thread_log', 'query_views_log', 'query_metric_log', 'part_log'],
  ...['trace_log', 'text_log', 'metric_log', 'asynchronous_metric_log', 'latency_log'],
  ...['error_log', 'processors_profile_log', 'opentelemetry_span_log', 'session_log'],
  ...['asynchronous_insert_log', 'background_schedule_pool_log'],
];

const places = ['compose', 'kubernetes'];

describe('the configuration of ClickHouse', () => {
  it.each(files)('%s is YAML as ClickHouse reads it', (file) => {
    const documents = yamlOf(textOf(file));
    expect(documents).toHaveLength(1);
    // Its reader knows aliases, but takes a merge key for a name.
    expect(textOf(file)).not.toContain('<<');
  });

  it.each(logTables)('%s forgets after some days, a day at a time', (name) => {
    expect(yamlFile('deploy/clickhouse/server.yaml')[name]).toMatchObject({
      partition_by: 'event_date',
      ttl: expect.stringMatching(/^event_date \+ INTERVAL \d+ DAY DELETE$/),
    });
  });

  it('knows the macros that tables of a cluster are made with', () => {
    const { macros } = yamlFile('deploy/clickhouse/server.yaml');
    expect(Object.keys(macros).sort()).toEqual(['cluster', 'replica', 'shard']);
    for (const place of places) {
      const { remote_servers } = yamlFile(`deploy/clickhouse/${place}-cluster.yaml`);
      expect(Object.keys(remote_servers)).toEqual([macros.cluster]);
    }
  });

  it('lets Tacho in with one database, and keeps no password itself', () => {
    const { users } = yamlFile('deploy/clickhouse/users.yaml');
    expect(Object.keys(users)).toEqual(['tacho']);
    expect(users.tacho.password).toEqual({ '@from_env': 'STORE_PASSWORD' });
    const written = users.tacho.grants
      .map(({ query }: { query: string }) => query)
      .filter((query: string) => !/^GRANT (SELECT|CLUSTER|REMOTE|TABLE ENGINE) /.test(query));
    expect(written).toEqual(['GRANT ALL ON tacho.*']);
  });

  it('lets servers start while a replica is away', () => {
    const { users, profiles } = yamlFile('deploy/clickhouse/users.yaml');
    const profile = profiles[users.tacho.profile];
    expect(profile.distributed_ddl_output_mode).toBe('null_status_on_timeout');
    // Two statements one after the other, before a start takes longer than anybody waits.
    expect(profile.distributed_ddl_task_timeout).toBeLessThanOrEqual(15);
  });

  it.each(places)('%s: every shard has replicas that replicate by themselves', (place) => {
    const { shard } = yamlFile(`deploy/clickhouse/${place}-cluster.yaml`).remote_servers.tacho;
    expect(shard.length).toBeGreaterThan(1);
    for (const { internal_replication, replica } of shard) {
      expect(internal_replication).toBe(true);
      expect(replica.length).toBeGreaterThan(1);
    }
  });

  it.each(places)('%s: ClickHouse asks the Keepers that there are, an odd number', (place) => {
    const { zookeeper } = yamlFile(`deploy/clickhouse/${place}-cluster.yaml`);
    const keeper = yamlFile(`deploy/clickhouse/${place}-keeper.yaml`).keeper_server;
    const { server } = keeper.raft_configuration;
    expect(zookeeper.node).toEqual(
      server.map(({ hostname }: Any) => ({ host: hostname, port: keeper.tcp_port })),
    );
    expect(server.map(({ id }: Any) => id)).toEqual([1, 2, 3]);
  });

  it('kubernetes: every host is a pod of a StatefulSet that makes so many', () => {
    const { remote_servers, zookeeper } = yamlFile('deploy/clickhouse/kubernetes-cluster.yaml');
    const hosts = [
      ...remote_servers.tacho.shard.flatMap(({ replica }: Any) => replica),
      ...zookeeper.node,
    ].map(({ host }) => host);
    const pods = manifests()
      .filter(({ manifest }) => manifest.kind === 'StatefulSet')
      .flatMap(({ manifest: { metadata, spec } }) =>
        Array.from(
          { length: spec.replicas },
          (_, index) => `${metadata.name}-${index}.${spec.serviceName}`,
        ),
      );
    expect(hosts.sort()).toEqual(pods.sort());
  });
});
