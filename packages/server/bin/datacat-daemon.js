#!/usr/bin/env node
// The agent under the name that DataCat's clients start, without arguments.
process.argv.push('--datacat');
await import('./tacho-agent.js');
