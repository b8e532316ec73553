/** Does `work` for each item, at most `atOnce` at a time, in order of start. Rejects with the first failure. */
export async function eachBounded<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Runs of at most `length` items, in order. */
export function chunksOf<Item>(items: readonly Item[], length: number): Item[][] {
  const chunks: Item[][] = [];
  for (let from = 0; from < items.length; from += length) chunks.push(items.slice(from, from + length));
  return chunks;
}
