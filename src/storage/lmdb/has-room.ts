/**
 * Whether a file could grow. LMDB answers "input/output error" also when the disk took only a part of a write, which
 * is how a disk most often becomes full. The file system says how much is free; what quotas leave of that is found by trying.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';

const PIECE_BYTES = 1024 * 1024;
/** The event loop stands still meanwhile; and where a write was cut short, hardly anything is left. */
const TRIED_BYTES_MAX = 4 * PIECE_BYTES;

/**
 * Whether `bytes` are free; grows the file by some of them and shrinks it again. Only between transactions: what lies behind the
 * end is no one's.
 */
export function hasRoom(path: string, bytes: number): boolean {
  const file = openSync(path, 'r+');
  const { size } = fstatSync(file);
  try {
    const { bavail, bsize } = statfsSync(path);
    if (bavail * bsize < bytes) return false;
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let done = 0; done < Math.min(bytes, TRIED_BYTES_MAX); done += PIECE_BYTES) {
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
