/** The files of one folder, kept in memory: a name that was not found there at the start is never looked up on disk. */
import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface StaticFile {
  readonly body: Buffer;
  /** The body under `content-encoding: gzip`; undefined when that would not help. Made once, when it is first wanted. */
  gzipped(): Promise<Buffer> | undefined;
  readonly contentType: string;
  /** Quoted, as the header has it. */
  readonly etag: string;
  readonly cacheControl: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** esbuild names what it hashed `name-ABCD2345.js`. */
const HASHED_NAME = /-[A-Z0-9]{8}\.[a-z0-9]+$/;

const COMPRESSIBLE = /^(text|application)\/|svg/;
const COMPRESS_BYTES_MIN = 1024;

function gzippedOnce(body: Buffer, contentType: string): StaticFile['gzipped'] {
  let made: Promise<Buffer> | undefined;
  if (!COMPRESSIBLE.test(contentType) || body.length < COMPRESS_BYTES_MIN) return () => undefined;
  return () => {
    made ??= promisify(gzip)(body);
    return made;
  };
}

function readStaticFile(path: string): StaticFile {
  const body = readFileSync(path);
  const hashed = HASHED_NAME.test(path);
  const contentType = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream';
  return {
    body,
    gzipped: gzippedOnce(body, contentType),
    contentType,
    // Weak: the same for the gzipped form.
    etag: `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    cacheControl: hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

function filesBelow(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Path below the folder (`index.html`, `assets/page-ABCD2345.js`) → file. Links and dot files are left out; a folder
 * that does not exist is empty. `wanted` keeps others from being read.
 */
export function loadStaticFiles(
  folder: string,
  wanted: (name: string) => boolean = () => true,
): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const entry of filesBelow(folder)) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    if (name.split('/').some((part) => part.startsWith('.')) || !wanted(name)) continue;
    files.set(name, readStaticFile(path));
  }
  return files;
}
