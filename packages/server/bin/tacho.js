#!/usr/bin/env node
// Starts the built command line; plain JavaScript, so that it can say what is missing.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const entry = new URL('../dist/bundle/tacho.js', import.meta.url);

if (major < 20 || (major === 20 && minor < 15)) {
  fail(`this is Node ${process.versions.node}; Tacho needs Node 20.15 or later`);
} else if (!existsSync(entry)) {
  fail('it is not built yet; run `npm run build`');
} else {
  const { main } = await import(entry.href);
  await main(process.argv);
}

function fail(reason) {
  process.stderr.write(`tacho: ${reason}\n`);
  process.exitCode = 1;
}
