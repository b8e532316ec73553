/** Where a device's inbox goes on. Pure; docs/ARCHITECTURE.md, Cursors. */
import { compareEpochs, type Epoch } from '../../core/epoch.js';
import { ParleyError } from '../../core/errors.js';
import type { EpochEntry } from '../../core/store.js';
import type { v1 } from '../../protocol/wire.js';

export interface InboxExtent {
  /** The owner's own epoch, and the first position that it assigns. */
  readonly epoch: Epoch;
  readonly startSeq: number;
  /** The epochs before it of the rows that exist, ascending. */
  readonly epochs: readonly EpochEntry[];
  readonly assignedHead: number;
  /** Rows up to here are gone. */
  readonly floor: number;
}

/** `after`: deliver what follows. `limited`: the inbox no longer reaches back that far. */
export type Resumption = { readonly type: 'after'; readonly seq: number } | { readonly type: 'limited' };

/** A cursor of an epoch after this one: there is a later owner, or the data that knew one is gone. */
export class LaterEpoch extends ParleyError {
  constructor() {
    super('not_owner');
  }
}

/**
 * A session may have been handed a row that a dead owner never completed: so a cursor (e, n) goes on after
 * min(n, start of the first later epoch − 1). Throws `cursor_invalid` above everything assigned in this epoch,
 * `LaterEpoch` (`not_owner`) for an epoch after this one.
 */
export function resume(cursor: v1.ICursor, inbox: InboxExtent): Resumption {
  const epoch = { term: cursor.term ?? 0, sub: cursor.sub ?? 0 };
  const n = cursor.inboxSeq ?? 0;
  const order = compareEpochs(epoch, inbox.epoch);
  if (order > 0) throw new LaterEpoch();
  if (order === 0) {
    if (n > inbox.assignedHead) throw new ParleyError('cursor_invalid');
    return n < inbox.floor ? { type: 'limited' } : { type: 'after', seq: n };
  }
  const later = inbox.epochs.find((entry) => compareEpochs(entry.epoch, epoch) > 0);
  const seq = Math.min(n, (later?.startSeq ?? inbox.startSeq) - 1);
  return seq < inbox.floor ? { type: 'limited' } : { type: 'after', seq };
}

/** Where a device goes on, by what its gateway tells; undefined: a later owner may have to say. */
export function resumeByGateway(put: v1.ICursor, inbox: InboxExtent): Resumption | undefined {
  try {
    return resume(put, inbox);
  } catch (error) {
    if (error instanceof LaterEpoch) return undefined;
    return { type: 'limited' }; // a position that is none of ours: its client starts over from its own cursor
  }
}
