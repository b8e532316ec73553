/** Everything that a folder's message store holds, in an order that does not change: to be written elsewhere. */
import type { StoreWrite } from '../../core/store.js';
import type { Environment } from './environment.js';
import { decodeSeq, decodeVersion, EPOCH_BYTES, readEpoch, readRowKey, VERSION_BYTES } from './keys.js';

export interface WalkStep {
  /** Where it stands: a walk that begins after it goes on with the next. */
  readonly position: string;
  readonly write: StoreWrite;
}

/** Of (seq, epoch), behind a log's name and its NUL. */
const ROW_KEY_BYTES = 8 + EPOCH_BYTES;

type Section = 'rows' | 'epochs' | 'records';
const SECTIONS: readonly Section[] = ['rows', 'epochs', 'records'];

/** `after`: a position; '' is the start. The store must stand still meanwhile. */
export function* walkMessages(environment: Environment, after: string): Generator<WalkStep, void> {
  const [from = '', keyText = ''] = after.split(':');
  const begun = SECTIONS.indexOf(from as Section);
  for (const [index, section] of SECTIONS.entries()) {
    if (index < begun) continue;
    const start = index === begun ? Buffer.from(keyText, 'hex') : undefined;
    for (const { key, value } of environment[section].getRange(start === undefined ? {} : { start })) {
      if (start?.equals(key) === true) continue;
      yield { position: `${section}:${key.toString('hex')}`, write: READERS[section](key, value) };
    }
  }
}

const READERS: Readonly<Record<Section, (key: Buffer, value: Buffer) => StoreWrite>> = {
  rows: (key, value) => {
    const log = key.toString('utf8', 0, key.length - ROW_KEY_BYTES - 1);
    return { type: 'row', log, row: { ...readRowKey(key), body: Buffer.from(value) } };
  },
  epochs: (key, value) => {
    const log = key.toString('utf8', 0, key.length - EPOCH_BYTES - 1);
    const entry = { epoch: readEpoch(key, key.length - EPOCH_BYTES), startSeq: decodeSeq(value) };
    return { type: 'epoch', log, entry };
  },
  records: (key, value) => {
    const nul = key.indexOf(0);
    const record = {
      key: key.toString('utf8', nul + 1),
      version: decodeVersion(value),
      value: Buffer.from(value.subarray(VERSION_BYTES)),
    };
    return { type: 'record', partition: key.toString('utf8', 0, nul), record };
  },
};
