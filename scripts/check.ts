/** House checks: what the compiler and the linter cannot see. Prints each breach and fails when there is one. */
import { fileURLToPath } from 'node:url';
import { codeRules } from './house/code.ts';
import { documentRules } from './house/documents.ts';
import { packageRules } from './house/packages.ts';
import { readRepo } from './house/repo.ts';

const repo = readRepo(fileURLToPath(new URL('..', import.meta.url)));
const rules = { ...codeRules, ...documentRules, ...packageRules };
let breaches = 0;
for (const [name, rule] of Object.entries(rules)) {
  for (const breach of rule(repo)) {
    process.stdout.write(`${name}: ${breach}\n`);
    breaches++;
  }
}
process.stdout.write(
  `house check: ${Object.keys(rules).length} rules, ${repo.files.size} files, ${breaches} breaches\n`,
);
if (breaches > 0) process.exitCode = 1;
