#!/usr/bin/env node
// Starts the built agent; plain JavaScript, so that it can say what is missing.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const entry = new URL('../dist/bundle/agent.js', import.meta.url);

if (major < 20 || (major === 20 && minor < 15)) {
  fail(`this is Node ${process.versions.node}; Tacho needs Node 20.15 or later`);
} else if (!existsSync(entry)) {
  fail('it is not built yet; run `npm run build`');
} else {
  await import(entry.href);
}

function fail(reason) {
  process.stderr.write(`tacho-agent: ${reason}\n`);
  process.exitCode = 1;
}
