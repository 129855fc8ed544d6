/** Whatever is set for Tacho in `deploy/` is a setting with a value that it accepts, and ports agree. */
import { limits } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { settings } from '../../packages/server/src/config/settings.ts';
import { type Any, composeFile, containersOf, deployFiles, manifests, textOf } from './files.ts';

const byEnv = new Map(Object.values(settings).map((setting) => [setting.env, setting]));

/** What the engine of ClickHouse will be told by, for as long as the table does not have it yet. */
const coming = ['TACHO_STORE'].filter((name) => !byEnv.has(name));

/** `TACHO_PORT` and the like, each with the file that it stands in. */
const mentions = [...deployFiles(), 'docs/scaling.md'].flatMap((file) =>
  [...new Set(textOf(file).match(/\bTACHO_[A-Z_]+/g) ?? [])].map((name) => ({ file, name })),
);

/** Values that are given, with where. */
const given: { where: string; name: string; value: string }[] = [
  ...[...textOf('deploy/Dockerfile').matchAll(/^ENV (TACHO_\w+)=(.*)$/gm)].map(
    ([, name = '', value = '']) => ({ where: 'Dockerfile', name, value }),
  ),
  ...Object.entries<Any>(composeFile().services).flatMap(([where, { environment = {} }]) =>
    Object.entries<string>(environment).map(([name, value]) => ({ where, name, value })),
  ),
  ...manifests().flatMap(({ file, manifest }) => [
    ...(manifest.kind === 'ConfigMap' ? Object.entries<string>(manifest.data) : []).map(
      ([name, value]) => ({ where: file, name, value }),
    ),
    ...containersOf(manifest).flatMap(({ env = [] }) =>
      env.map(({ name, value }: Any) => ({ where: file, name, value })),
    ),
  ]),
].filter(({ name, value }) => name.startsWith('TACHO_') && value !== undefined);

describe('what is set for Tacho', () => {
  it.each(mentions)('$name in $file is a setting', ({ name }) => {
    expect([...byEnv.keys(), ...coming]).toContain(name);
  });

  it.each(given)('$name of $where has a value that is accepted', ({ name, value }) => {
    // Compose and Kubernetes put in what is theirs before Tacho reads it.
    const read = value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{[^}]*\}|\$\(\w+\)/g, 'x');
    if (read !== '' && !coming.includes(name))
      expect(byEnv.get(name)?.read(read)).not.toBeUndefined();
  });

  it('is one port, everywhere', () => {
    const port = String(limits.serverPort);
    const proxy = textOf('deploy/proxy/haproxy.cfg');
    const found = {
      image: textOf('deploy/Dockerfile').match(/(?<=^(EXPOSE |ENV TACHO_PORT=))\d+/gm),
      proxy: proxy.match(/(?<=^ {2}(bind :|server \S+ \S+:))\d+/gm),
      published: composeFile().services.proxy.ports.map((each: string) => each.split(':').at(-1)),
    };
    expect(found).toEqual({
      image: [port, port],
      proxy: [port, port, port],
      published: [port],
    });
    const pods = manifests().find(({ manifest }) => manifest.kind === 'Deployment')!.manifest;
    expect(containersOf(pods)[0].ports).toEqual([
      { name: 'http', containerPort: limits.serverPort },
    ]);
  });

  it('has the proxy ask the servers of the Compose file', () => {
    const proxy = textOf('deploy/proxy/haproxy.cfg');
    const asked = [...proxy.matchAll(/^ {2}server (\S+) (\S+):/gm)];
    const names = Object.entries<Any>(composeFile().services)
      .filter(([, { environment, profiles }]) => environment?.TACHO_STORE && !profiles)
      .map(([name]) => name);
    expect(asked.map(([, name, host]) => [name, host])).toEqual(names.map((n) => [n, n]));
  });

  it('leaves time to finish what is in flight before anybody kills', () => {
    const seconds = limits.drainTimeoutMs / 1000;
    const { stop_grace_period } = composeFile().services['tacho-1'];
    expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(seconds);
    const [deployment] = manifests().filter(({ manifest }) => manifest.kind === 'Deployment');
    const pod = deployment!.manifest.spec.template.spec;
    const before = Number(pod.containers[0].lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds + before);
    const unit = textOf('deploy/systemd/tacho.service');
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(seconds);
  });

  it('closes idle connections and quiet streams in the right order', () => {
    const proxy = textOf('deploy/proxy/haproxy.cfg');
    const secondsOf = (name: string) =>
      1000 * Number(new RegExp(`^ {2}timeout ${name} (\\d+)s$`, 'm').exec(proxy)?.[1]);
    expect(secondsOf('http-keep-alive')).toBeLessThan(limits.keepAliveTimeoutMs);
    expect(secondsOf('server')).toBeGreaterThan(limits.liveHeartbeatMs);
    expect(secondsOf('client')).toBeGreaterThan(limits.liveHeartbeatMs);
  });
});
