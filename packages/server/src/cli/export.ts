/** `tacho export`: writes sessions as they were recorded, as lines of JSON, CSV or Parquet. */
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ExportFormat, exportFormats, exportTables, routes } from '@tacho/protocol';
import { Command, Option } from 'commander';
import { reasonOf } from '../failure.ts';
import { addAsking, asking } from './ask.ts';
import { CommandError } from './exit.ts';
import { addFilter, filterQuery } from './filter.ts';
import type { OptionValues } from './options.ts';
import { openProgress } from './progress.ts';

/** The `export` command. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write sessions exactly as they were recorded, as lines of JSON, CSV or Parquet.')
    .option('--out <file>', 'File to write; stdout when absent')
    .addOption(
      new Option(
        '--format <format>',
        'Format; that of the name of the file when absent, or ndjson',
      ).choices(exportFormats),
    )
    .addOption(
      new Option('--what <table>', 'Table of csv and parquet (default: samples)').choices(
        exportTables,
      ),
    )
    .option('--gzip', 'Compress it; a file name that ends in .gz does so by itself')
    .action(runExport);
  return addAsking(addFilter(command)).addHelpText('after', help);
}

const help = `
tacho import stores NDJSON again, here or elsewhere; nothing but the times of receipt is lost.
CSV and Parquet have one table, with a row for each sample, event or session.

Examples:
  tacho export --out everything.ndjson.gz
  tacho export --product shop --from -7d --outcome crashed --gzip > crashes.ndjson.gz
  tacho export --product shop --out samples.parquet
  tacho export --format csv --what events > events.csv
  tacho export --data /var/lib/tacho --id 5e551000`;

async function runExport(values: OptionValues): Promise<void> {
  const file = values.out as string | undefined;
  const isGzip = values.gzip === true || file?.endsWith('.gz') === true;
  const format = formatOf(values);
  if (isGzip && format === 'parquet') {
    throw new CommandError('usage', 'Parquet is compressed already; leave out --gzip and .gz');
  }
  const query = { ...filterQuery(values), format, what: values.what as string | undefined };
  await asking(values, async (asker) => {
    const answer = await asker.stream(routes.exportSessions.path, query);
    await (file === undefined
      ? write(answer, isGzip, process.stdout)
      : writeFile(answer, isGzip, file));
  });
}

/** What is asked for, or else what the name of the file says. */
function formatOf({ format, out }: OptionValues): ExportFormat {
  const ending = /\.(\w+)(\.gz)?$/.exec(String(out ?? ''))?.[1];
  const named = exportFormats.find((word) => word === ending);
  return (format as ExportFormat | undefined) ?? named ?? 'ndjson';
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
