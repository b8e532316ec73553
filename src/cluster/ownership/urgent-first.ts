/**
 * The rows in runs of at most `length`, each put together when it is asked for: of what is left, those that are urgent by then,
 * by themselves; when none is, the next ones in order. So what becomes urgent meanwhile waits for no more than a run.
 */
export function* urgentFirst<Row extends { readonly shard: number }>(
  rows: readonly Row[],
  urgent: ReadonlySet<number>,
  length: number,
): Generator<Row[]> {
  const left = new Map(rows.map((row) => [row.shard, row]));
  while (left.size > 0) {
    const run = take(urgent, left, length);
    yield run.length > 0 ? run : take(left.keys(), left, length);
  }
}

function take<Row>(shards: Iterable<number>, left: Map<number, Row>, length: number): Row[] {
  const run: Row[] = [];
  for (const shard of shards) {
    const row = left.get(shard);
    if (row === undefined) continue;
    left.delete(shard);
    if (run.push(row) === length) break;
  }
  return run;
}
