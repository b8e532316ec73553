/** Ascending ranges of positions: first, last, first, last … Pure. */
export type Ranges = number[];

/** Adds [first, last], which lies above all that is there. */
export function append(ranges: Ranges, first: number, last: number): void {
  if (ranges.at(-1) === first - 1) ranges[ranges.length - 1] = last;
  else ranges.push(first, last);
}

export function includes(ranges: readonly number[], seq: number): boolean {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[2 * middle + 1] ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  const first = ranges[2 * low];
  return first !== undefined && first <= seq;
}

/** What of `ranges` lies in none of `others`. */
export function without(ranges: readonly number[], others: readonly number[]): Ranges {
  const left: Ranges = [];
  let at = 0;
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    let first = ranges[i] ?? 0;
    const last = ranges[i + 1] ?? 0;
    while (at + 1 < others.length && (others[at + 1] ?? 0) < first) at += 2;
    for (let other = at; first <= last; other += 2) {
      const from = others[other] ?? Number.POSITIVE_INFINITY;
      if (from > first) append(left, first, Math.min(last, from - 1));
      first = Math.max(first, (others[other + 1] ?? Number.POSITIVE_INFINITY) + 1);
    }
  }
  return left;
}

/** What of `ranges` lies in first ≤ seq ≤ last. */
export function within(ranges: readonly number[], first: number, last: number): Ranges {
  return without(ranges, [0, first - 1, last + 1, Number.POSITIVE_INFINITY]);
}
