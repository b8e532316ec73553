/** What every implementation asserts of its callers: a breach is a programmer's error, never an operating one. */
import { COUNTER_MAX, type Epoch, SUB_MAX, TERM_MAX, type Version } from '../core/epoch.js';
import { assert, unreachable } from '../core/errors.js';
import type { StoreWrite } from '../core/store.js';

/** Bytes of UTF-8 that a log id, a partition or a key may have. */
const KEY_BYTES_MAX = 200;

/** Asserts what the port says of partitions, keys and log ids: at most 200 bytes of UTF-8, no NUL. */
export function checkKey(key: string): void {
  assert(
    key.length * 3 <= KEY_BYTES_MAX || Buffer.byteLength(key) <= KEY_BYTES_MAX,
    'a key has at most 200 bytes of UTF-8',
  );
  assert(!key.includes('\0'), 'a key holds no NUL');
}

const fits = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max;

function checkEpoch(epoch: Epoch): void {
  assert(fits(epoch.term, TERM_MAX), 'a term is within its bits');
  assert(fits(epoch.sub, SUB_MAX), 'a sub is within its bits');
}

function checkVersion(version: Version): void {
  checkEpoch(version);
  assert(fits(version.counter, COUNTER_MAX), 'a counter is within its bits');
}

/** Asserts a position of a log: a safe integer, not negative. */
function checkSeq(seq: number): void {
  assert(Number.isSafeInteger(seq) && seq >= 0, 'a seq is a safe integer, not negative');
}

export function checkWrite(write: StoreWrite): void {
  switch (write.type) {
    case 'row':
    case 'erase':
      checkKey(write.log);
      checkSeq(write.row.seq);
      checkEpoch(write.row.epoch);
      break;
    case 'epoch':
      checkKey(write.log);
      checkSeq(write.entry.startSeq);
      checkEpoch(write.entry.epoch);
      break;
    case 'unepoch':
      checkKey(write.log);
      checkEpoch(write.epoch);
      break;
    case 'record':
      checkKey(write.partition);
      checkKey(write.record.key);
      checkVersion(write.record.version);
      break;
    case 'unrecord':
      checkKey(write.partition);
      checkKey(write.key);
      checkVersion(write.version);
      break;
    case 'trim':
      checkKey(write.log);
      checkSeq(write.belowSeq);
      break;
    default:
      unreachable(write);
  }
}
