/**
 * Looks at LMDB's data file before LMDB does. The library maps it and trusts what it finds there: a foreign or a cut
 * file would end the process with a signal instead of an error.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

/** Of the format that the binding writes (data version 2): a page begins with 24 bytes of header. */
const PAGE_HEADER = 24;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_SIZE_AT = PAGE_HEADER + 24;
const LAST_PAGE_AT = PAGE_HEADER + 120;
const TRANSACTION_AT = PAGE_HEADER + 128;
const META_BYTES = TRANSACTION_AT + 8;
/** Pages that a transaction both took and gave back are never written, so a sound file may lack its last few. */
const MISSING_PAGES_MAX = 256;

interface Meta {
  readonly pageSize: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/** What is wrong with the data file, as the end of a sentence; undefined when it looks sound or is not there yet. */
export function faultOfDataFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return undefined;
    const first = readMeta(file, 0);
    if (first === undefined) return 'it is not a data file of LMDB';
    const second = readMeta(file, first.pageSize);
    if (second === undefined) return 'its second meta page is damaged';
    const { lastPage } = first.transaction > second.transaction ? first : second;
    const missing = Number(lastPage) + 1 - size / first.pageSize;
    return missing > MISSING_PAGES_MAX ? 'its end is missing' : undefined;
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, at) < META_BYTES) return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT);
  const isMeta =
    bytes.readUInt32LE(PAGE_HEADER) === MAGIC && (bytes.readUInt32LE(PAGE_HEADER + 4) & 0xffff) === DATA_VERSION;
  if (!isMeta || pageSize < 512 || pageSize > 65_536) return undefined;
  return {
    pageSize,
    lastPage: bytes.readBigUInt64LE(LAST_PAGE_AT),
    transaction: bytes.readBigUInt64LE(TRANSACTION_AT),
  };
}
