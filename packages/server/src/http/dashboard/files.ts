/** The files of the built dashboard: read once, and compressed once for each encoding. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** Encodings that files are kept in. */
type FileEncoding = 'br' | 'gzip' | 'identity';

/** The dashboard as it was built. */
export interface DashboardFiles {
  /** Path below the folder, with slashes: `assets/index-3f2a.js`. */
  readonly files: ReadonlyMap<string, DashboardFile>;
  /** The page by what leads from it to the root, for the two depths that pages have. */
  readonly pages: ReadonlyMap<string, DashboardFile>;
}

/** Where `npm run build` puts the dashboard: beside the bundle, which is beside the source. */
export function builtFolder(): string {
  const inBundle = /\/dist\/bundle\/[^/]+$/.test(import.meta.url);
  const folder = inBundle ? '../dashboard/' : '../../../dist/dashboard/';
  return fileURLToPath(new URL(folder, import.meta.url));
}

/** Reads a built dashboard; undefined when there is none. */
export async function readDashboard(folder: string): Promise<DashboardFiles | undefined> {
  const files = new Map<string, DashboardFile>();
  let page: Buffer;
  try {
    page = await readFile(join(folder, 'index.html'));
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(join(folder, '/').length).replaceAll('\\', '/');
      files.set(name, new DashboardFile(await readFile(path), typeOf(name)));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const html = page.toString();
  const pages = ['./', '../'].map((root): [string, DashboardFile] => {
    const text = html.replace('<head>', `<head>\n    <base href="${root}" />`);
    return [root, new DashboardFile(Buffer.from(text), typeOf('index.html'))];
  });
  return { files, pages: new Map(pages) };
}

/** One file in all its encodings. */
export class DashboardFile {
  /** The media type, with the charset where there is one. */
  readonly type: string;
  readonly #bytes: Buffer;
  readonly #hash: string;
  readonly #encoded = new Map<FileEncoding, Promise<Buffer>>();

  constructor(bytes: Buffer, type: string) {
    this.type = type;
    this.#bytes = bytes;
    this.#hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  }

  /** The encoding that it is sent in to somebody who prefers this one. */
  encodingFor(preferred: FileEncoding | undefined): FileEncoding {
    const pays = this.type.includes('charset') && this.#bytes.length >= compressFromBytes;
    return pays ? (preferred ?? 'identity') : 'identity';
  }

  /** Its ETag in an encoding. */
  tag(encoding: FileEncoding): string {
    return `"${this.#hash}-${encoding}"`;
  }

  /** Its bytes in an encoding; they are made on a thread of Node's pool when first asked for. */
  bytes(encoding: FileEncoding): Promise<Buffer> {
    let made = this.#encoded.get(encoding);
    if (made === undefined) {
      made = encoders[encoding](this.#bytes);
      this.#encoded.set(encoding, made);
    }
    return made;
  }
}

/** Smaller files are sent as they are. */
const compressFromBytes = 512;

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);

/** Quality 9 of Brotli takes a tenth of the time of 11 for two per cent more bytes. */
const encoders: Record<FileEncoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) =>
    brotli(bytes, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 9,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes) => gzip(bytes, { level: 9 }),
  identity: async (bytes) => bytes,
};

/** Media types by ending; those with a charset are texts, which are worth compressing. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

function typeOf(name: string): string {
  return types[extname(name)] ?? 'application/octet-stream';
}
