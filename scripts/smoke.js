// Records a session with the built server, restarts it, reads the session back and examines the data,
// all with the Node that runs this file; plain JavaScript without dependencies, so that any Node can.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../packages/server/bin/tacho.js', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'tacho-smoke-'));
try {
  const id = await whileServing(async (url) => {
    const start = { product: 'smoke', version: process.version };
    const created = await post(`${url}/api/sessions`, start);
    const session = `${url}/api/sessions/${created.id}`;
    await post(`${session}/state`, { node: process.version });
    await post(`${session}/events`, { name: 'smoke_event' });
    await post(
      `${session}/metrics`,
      [1, 2].map((value) => ({ name: 'smoke', value })),
    );
    await post(`${session}/end`);
    return created.id;
  });
  const session = await whileServing(async (url) => {
    return await (await fetch(`${url}/api/sessions/${id}`)).json();
  });
  assert.equal(session.active, false);
  assert.equal(session.state.node, process.version);
  assert.equal(session.events[0].name, 'smoke_event');
  assert.deepEqual(
    session.metrics.map((metric) => metric.value),
    [1, 2],
  );
  const [code] = await once(tacho('doctor', '--data', dataDir), 'exit');
  assert.equal(code, 0);
  process.stdout.write(`Node ${process.version}: recorded, restarted, read back, examined\n`);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}

/** Runs `use` against a server of its own, and checks that the server stops cleanly. */
async function whileServing(use) {
  const server = tacho('serve', '--port', '0', '--data', dataDir);
  const exit = once(server, 'exit');
  const url = await Promise.race([readyUrl(server), exit.then(() => undefined)]);
  assert.ok(url, 'the server ended before it was ready');
  try {
    return await use(url);
  } finally {
    server.kill('SIGTERM');
    const [code] = await exit;
    // Windows has no signals to handle: there the process just ends.
    if (process.platform !== 'win32') assert.equal(code, 0);
  }
}

function tacho(...args) {
  return spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function readyUrl(server) {
  let text = '';
  for await (const chunk of server.stdout) {
    text += chunk;
    const url = /^tacho listening on (\S+)\n/.exec(text)?.[1];
    if (url) return url;
  }
  return undefined;
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  assert.ok(response.ok, `${url}: ${response.status} ${await response.clone().text()}`);
  return await response.json();
}
