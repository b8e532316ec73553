/** A text of operators that everybody sees who is connected, until it ends. One at a time. */
export interface StandingNotice {
  /** Never the same twice. */
  readonly id: string;
  readonly text: string;
  /** When it ends by itself, wall clock, milliseconds. */
  readonly untilMs: number;
}

/** Where the notice stands, for every process that asks. It outlives all of them. */
export interface NoticeBoard {
  /** As last seen; undefined: none. It may have ended. */
  notice(): StandingNotice | undefined;
  /** Called after each change of it; returns what stops it. */
  onNotice(listener: () => void): () => void;
  /** Puts another one in its place, or none. Rejects with `unavailable` or `timeout`: in doubt. */
  setNotice(next: StandingNotice | undefined): Promise<void>;
}

/** A notice as it was written down; undefined for what is none. */
export function noticeOf(text: string): StandingNotice | undefined {
  try {
    const { id, text: said, untilMs } = JSON.parse(text) as Record<string, unknown>;
    if (typeof id !== 'string' || typeof said !== 'string' || typeof untilMs !== 'number') return undefined;
    return { id, text: said, untilMs };
  } catch {
    return undefined;
  }
}
