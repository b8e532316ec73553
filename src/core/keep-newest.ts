/** A Map or a Set. */
interface Held<Key> {
  readonly size: number;
  keys(): Iterable<Key>;
  delete(key: Key): unknown;
}

/** Drops what has been in it longest until `most` are left. */
export function keepNewest<Key>(held: Held<Key>, most: number): void {
  if (held.size <= most) return; // to look for the oldest, V8 passes over all that was deleted before it
  for (const oldest of held.keys()) {
    held.delete(oldest);
    if (held.size <= most) return;
  }
}
