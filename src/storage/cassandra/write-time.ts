/**
 * The write times of everything that is not written by compare-and-set. Cassandra lets the cell with the highest write
 * time win, and a removal over a cell of the same time. None of ours comes from a clock.
 *
 * Records: the version itself, packed so that the order of the numbers is the order of versions. Two writes tie only when
 * their versions are equal: then they are the same write repeated, or a removal, which wins (as everywhere else).
 *
 * Log rows and entries of the epoch index never change: one fixed time for all. Two of the same key are the same row
 * repeated, so it does not matter which wins. A trim is above that: what it removed stays removed, however late a repeated
 * write arrives. An erased body is between the two: above the row, whoever repeats it, and below the trim.
 */
import { types } from 'cassandra-driver';
import { COUNTER_BITS, SUB_BITS, TERM_BITS, type Version } from '../../core/epoch.js';
import { assert } from '../../core/errors.js';

/** Of log rows and epoch entries, microseconds as CQL counts them. */
export const ROW_TIME = 1;
/** Of erased rows. */
export const ERASE_TIME = 2;
/** Of trims. */
export const TRIM_TIME = 3;

const WORD_BITS = 32;
/** The bits of `sub` that lie in the lower word, above the counter. */
const SUB_LOW_BITS = WORD_BITS - COUNTER_BITS;
const SUB_HIGH_BITS = SUB_BITS - SUB_LOW_BITS;

assert(TERM_BITS + SUB_BITS + COUNTER_BITS === 63, 'a version fits a write time, which is not negative');
assert(SUB_LOW_BITS > 0 && SUB_HIGH_BITS > 0, 'sub spans both words');

/** term, sub, counter, from the highest bit down. The caller has checked their bounds. */
export function toWriteTime({ term, sub, counter }: Version): types.Long {
  const high = (term << SUB_HIGH_BITS) | (sub >>> SUB_LOW_BITS);
  const low = (sub << COUNTER_BITS) | counter;
  return types.Long.fromBits(low, high);
}

export function fromWriteTime(time: types.Long): Version {
  const high = time.getHighBits();
  const low = time.getLowBits();
  return {
    term: high >>> SUB_HIGH_BITS,
    sub: ((high & (2 ** SUB_HIGH_BITS - 1)) << SUB_LOW_BITS) | (low >>> COUNTER_BITS),
    counter: low & (2 ** COUNTER_BITS - 1),
  };
}
