/**
 * Does `work` for each item, at most `atOnce` at a time, in order of start. Rejects with the first failure, once nothing is
 * under way any more; nothing is begun after it.
 */
export async function eachBounded<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (failures.length === 0) {
      const next = iterator.next();
      if (next.done === true) return;
      await work(next.value).catch((cause: unknown) => failures.push(cause));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw failures[0];
}

/** Runs of at most `length` items, in order. */
export function chunksOf<Item>(items: readonly Item[], length: number): Item[][] {
  const chunks: Item[][] = [];
  for (let from = 0; from < items.length; from += length) chunks.push(items.slice(from, from + length));
  return chunks;
}
