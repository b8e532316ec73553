import { ParleyError } from '../core/errors.js';

/** Of a write to the directory that was refused: whether it may have been committed all the same. */
export function mayBeDone(error: unknown): boolean {
  return error instanceof ParleyError && (error.kind === 'timeout' || error.kind === 'unavailable');
}
