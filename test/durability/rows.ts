/** The rows that the writer writes and the tests look for. */
export const LOG = 'channel:durable';

/** Holds a mark that can be found in the bytes of a page, and tells whose row it is. */
export const bodyOf = (seq: number): Buffer => Buffer.from(`<<row ${seq}>>`.padEnd(500, '.'));
