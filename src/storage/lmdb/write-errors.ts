/** What a failed commit of LMDB means to the caller. */
import { constants } from 'node:os';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

const MDB_MAP_FULL = -30792;
const NO_ROOM: readonly unknown[] = [
  MDB_MAP_FULL,
  constants.errno.ENOSPC,
  constants.errno.EFBIG,
  constants.errno.EDQUOT,
];

/** The binding rejects with a general error that holds the promise of the telling one. */
async function reasonOf(thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Error) || !('commitError' in thrown)) return thrown;
  try {
    await thrown.commitError;
    return thrown;
  } catch (reason) {
    return reason;
  }
}

/**
 * The error as a ParleyError: `storage_full` when there was no room, else `unavailable`. `hasRoom` is asked where the
 * library's answer leaves that open.
 */
export async function toStoreError(thrown: unknown, hasRoom: () => boolean): Promise<ParleyError> {
  if (thrown instanceof ParleyError) return thrown;
  const reason = await reasonOf(thrown);
  const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
  const full = NO_ROOM.includes(code) || (code === constants.errno.EIO && !hasRoom());
  if (full) return new ParleyError('storage_full', { cause: reason, retryAfterMs: RETRY_AFTER_MS.room });
  const told = reason instanceof Error ? reason.message : String(reason);
  const sentence = `The message store failed to write: ${told}.`;
  return new ParleyError('unavailable', { sentence, cause: reason, retryAfterMs: RETRY_AFTER_MS.restart });
}
