import { ParleyError } from '../../src/core/errors.js';
import type { Storage } from '../../src/core/store.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { openMemory as open } from '../../src/storage/memory/memory-storage.js';

export type { MemoryPlace };

export const memoryPlace = (): MemoryPlace => new MemoryPlace();

/** A memory store whose disk is full while `isFull` says so. */
export function openMemory(place: MemoryPlace, incarnation: string, isFull = () => false): Storage {
  return open({
    place,
    incarnation,
    around: async (operation, apply) => {
      if (operation.type === 'write' && isFull()) throw new ParleyError('storage_full');
      return apply();
    },
  });
}
