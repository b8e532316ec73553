import { Slots } from './slots.js';

/** Slots for each of many keys. A key costs nothing while no work of it runs or waits. */
export class KeyedSlots<Key> {
  private readonly held = new Map<Key, { readonly slots: Slots; works: number }>();

  /** Runs work of `key`, at most `atOnce` pieces at a time; the others wait in their order. */
  async run<Result>(key: Key, atOnce: number, work: () => Promise<Result>): Promise<Result> {
    const held = this.held.get(key) ?? { slots: new Slots(atOnce), works: 0 };
    this.held.set(key, held);
    held.works++;
    try {
      return await held.slots.run(work);
    } finally {
      held.works--;
      if (held.works === 0) this.held.delete(key);
    }
  }

  /** How many keys have work. */
  get size(): number {
    return this.held.size;
  }
}
