/**
 * A Map for owners that are many and mostly have nothing in it: an empty one takes a few bytes, where a Map takes some 150.
 * The part of Map's interface that is needed; in the order of insertion, as there.
 */
export class SparseMap<Key, Value> {
  private held: Map<Key, Value> | undefined;

  get size(): number {
    return this.held?.size ?? 0;
  }

  get(key: Key): Value | undefined {
    return this.held?.get(key);
  }

  has(key: Key): boolean {
    return this.held?.has(key) ?? false;
  }

  set(key: Key, value: Value): void {
    this.held ??= new Map();
    this.held.set(key, value);
  }

  /** With the last one goes the memory; who iterates meanwhile goes on. */
  delete(key: Key): void {
    if (this.held?.delete(key) && this.held.size === 0) this.held = undefined;
  }

  keys(): Iterable<Key> {
    return this.held?.keys() ?? NOTHING;
  }

  values(): Iterable<Value> {
    return this.held?.values() ?? NOTHING;
  }

  [Symbol.iterator](): Iterator<[Key, Value]> {
    return (this.held ?? NOTHING)[Symbol.iterator]() as Iterator<[Key, Value]>;
  }
}

const NOTHING: Iterable<never> = [];
