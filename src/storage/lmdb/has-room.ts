/**
 * Whether a file could grow. LMDB answers "input/output error" also when the disk took only a part of a write, which
 * is how a disk most often becomes full; so the difference is found by trying.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const PIECE_BYTES = 1024 * 1024;

/** Grows the file by `bytes` and shrinks it again. Only between transactions: what lies behind the end is no one's. */
export function hasRoom(path: string, bytes: number): boolean {
  const file = openSync(path, 'r+');
  const { size } = fstatSync(file);
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let done = 0; done < bytes; done += PIECE_BYTES) {
      if (writeSync(file, piece, 0, PIECE_BYTES, size + done) < PIECE_BYTES) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    ftruncateSync(file, size);
    closeSync(file);
  }
}
