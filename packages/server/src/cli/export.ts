/** `tacho export`: writes sessions as they were recorded, one JSON document per line. */
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { routes } from '@tacho/protocol';
import { Command } from 'commander';
import { reasonOf } from '../failure.ts';
import { addAsking, asking } from './ask.ts';
import { CommandError } from './exit.ts';
import { addFilter, filterQuery } from './filter.ts';
import type { OptionValues } from './options.ts';
import { openProgress } from './progress.ts';

/** The `export` command. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write sessions exactly as they were recorded, as lines of JSON.')
    .option('--out <file>', 'File to write; stdout when absent')
    .option('--gzip', 'Compress it; a file name that ends in .gz does so by itself')
    .action(runExport);
  return addAsking(addFilter(command)).addHelpText('after', help);
}

const help = `
tacho import stores them again, here or elsewhere; nothing but the times of receipt is lost.

Examples:
  tacho export --out everything.ndjson.gz
  tacho export --product shop --from -7d --outcome crashed --gzip > crashes.ndjson.gz
  tacho export --data /var/lib/tacho --id 5e551000`;

async function runExport(values: OptionValues): Promise<void> {
  const file = values.out as string | undefined;
  const isGzip = values.gzip === true || file?.endsWith('.gz') === true;
  await asking(values, async (asker) => {
    const answer = await asker.stream(routes.exportSessions.path, filterQuery(values));
    await (file === undefined
      ? write(answer, isGzip, process.stdout)
      : writeFile(answer, isGzip, file));
  });
}

/** Nobody takes half a file for a whole one: it gets its name when it is complete. */
async function writeFile(answer: IncomingMessage, isGzip: boolean, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await write(answer, isGzip, createWriteStream(partial));
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    if (error instanceof CommandError) throw error;
    throw new CommandError('failed', `cannot write ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

async function write(answer: IncomingMessage, isGzip: boolean, to: Writable): Promise<void> {
  const progress = openProgress('exporting', process.stderr);
  let bytes = 0;
  const counting = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      progress.show(bytes, undefined);
      done(null, piece);
    },
  });
  const whole = Readable.from(wholeAnswer(answer), { objectMode: false });
  const parts = isGzip ? [whole, counting, createGzip(), to] : [whole, counting, to];
  try {
    // Standard output outlives the export.
    await pipeline(parts as [Readable, ...Transform[], Writable], { end: to !== process.stdout });
  } finally {
    progress.clear();
  }
}

/** An answer that breaks off is half an export, which must not look like a whole one. */
async function* wholeAnswer(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (error) {
    throw new CommandError('failed', 'the export broke off; the log of the server says why', {
      cause: error,
    });
  }
}
