/** `tacho import`: stores the sessions of an export, or of a DataCat server, in a running server. */
import { Command } from 'commander';
import { addServer, asking } from './ask.ts';
import { exitCodes } from './exit.ts';
import type { OptionValues } from './options.ts';
import { openProgress } from './progress.ts';
import { batchesOf } from './transfer/batches.ts';
import { deliver, newTally, type Tally } from './transfer/deliver.ts';
import { entriesOf } from './transfer/entries.ts';
import { openSource } from './transfer/source.ts';

/** Lines that are named one by one when they were not taken. */
const rejectedShownMax = 20;

/** The `import` command. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('Store sessions from a file in a running server, each once however often it runs.')
    .argument('<file>', 'File to read, gzip or not; - for stdin')
    .option('--again', 'Also import what was imported before and deleted since')
    .option('--json', 'Print what was done as JSON')
    .action(runImport);
  return addServer(command).addHelpText('after', help);
}

const help = `
The file is what tacho export wrote, or the answer of GET /api/data/sessions of a DataCat server.
Sessions that the server has already are left as they are. An import that was broken off goes on
where it stopped when it is run again. Lines that are not taken are named, and the exit code is 1.

Examples:
  tacho import sessions.ndjson.gz
  tacho export | tacho import - --server http://other:9090
  curl -s http://datacat:9090/api/data/sessions | tacho import -`;

async function runImport(file: string, values: OptionValues): Promise<void> {
  const source = await openSource(file);
  const tally = newTally();
  await asking({ ...values, data: undefined }, async (asker) => {
    const progress = openProgress('importing', process.stderr);
    try {
      const lines = entriesOf(source.text, (problem) => tally.rejected.push(problem));
      const salt = values.again === true ? `${Date.now()} ` : '';
      for await (const batch of batchesOf(lines, salt)) {
        await deliver(asker, batch, tally);
        progress.show(source.bytesRead(), source.bytesTotal);
      }
    } finally {
      progress.clear();
    }
    report(tally, file, asker.whom, values.json === true);
  });
}

function report(tally: Tally, file: string, whom: string, asJson: boolean): void {
  const { entries, repeated, sessions, existing, rejected } = tally;
  if (rejected.length > 0) process.exitCode = exitCodes.failed.code;
  if (asJson) {
    const document = {
      sessions: sessions.size,
      entries,
      repeated,
      existing: existing.size,
      rejected,
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  const name = file === '-' ? 'stdin' : file;
  const stored = `${count(sessions.size, 'session')} (${count(entries, 'entry', 'entries')})`;
  process.stdout.write(`imported ${stored} from ${name} into ${whom}\n`);
  if (repeated > 0) {
    const what = count(repeated, 'entry', 'entries');
    process.stdout.write(
      `${what} had been imported before; --again imports what was deleted since\n`,
    );
  }
  if (existing.size > 0) {
    process.stdout.write(
      `${count(existing.size, 'session')} of the file existed, and nothing was added to them\n`,
    );
  }
  for (const { line, reason } of rejected.slice(0, rejectedShownMax)) {
    process.stderr.write(`tacho: ${line > 0 ? `line ${line}: ` : ''}${reason}\n`);
  }
  const more = rejected.length - rejectedShownMax;
  if (more > 0) process.stderr.write(`tacho: and ${more} more; --json lists them all\n`);
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}
