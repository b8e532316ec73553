/** What is due in one channel when no send is unsettled. */
export interface Top {
  /** The highest position that was acknowledged, and the user who wrote it. */
  readonly seq: number;
  readonly by: number;
  /** The highest of everybody else: all that its writer is due. */
  readonly others: number;
}

/** The top after one more acknowledgement. */
export function raised(top: Top | undefined, seq: number, by: number): Top {
  if (top === undefined) return { seq, by, others: 0 };
  if (by === top.by) return seq > top.seq ? { ...top, seq } : top;
  if (seq > top.seq) return { seq, by, others: top.seq };
  return seq > top.others ? { ...top, others: seq } : top;
}

/** Of several generators, each with users of its own: by channel. */
export function mergeTops(all: readonly Readonly<Record<string, Top>>[]): Map<string, Top> {
  const merged = new Map<string, Top>();
  for (const tops of all)
    for (const [channelId, top] of Object.entries(tops)) {
      const { seq, by, others } = raised(merged.get(channelId), top.seq, top.by);
      merged.set(channelId, { seq, by, others: Math.max(others, top.others) });
    }
  return merged;
}
