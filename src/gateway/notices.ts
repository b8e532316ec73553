/**
 * Tells the sessions of this gateway of the operators' notice: those that are there when it changes, spread over a while, and
 * those that begin while it stands. Costs nothing for each inbox, and no user actor hears of it.
 */
import type { Clock } from '../core/clock.js';
import type { NoticeBoard, StandingNotice } from '../core/notice.js';
import { Long, type v1 } from '../protocol/wire.js';
import type { Session } from './session.js';

const SESSIONS_A_TURN = 500;
const TURN_MS = 20;

const WITHDRAWN: v1.INotice = { noticeId: '', text: '', until: Long.UZERO };

export class Notices {
  private readonly board: NoticeBoard | undefined;
  private readonly clock: Clock;
  private readonly sessions: ReadonlyMap<string, Session>;
  /** Counts the changes: a walk ends when another one began. */
  private change = 0;

  constructor(board: NoticeBoard | undefined, clock: Clock, sessions: ReadonlyMap<string, Session>) {
    this.board = board;
    this.clock = clock;
    this.sessions = sessions;
    board?.onNotice(() => this.changed());
  }

  /** A new session has just been welcomed: whoever shows an earlier one takes it down at a welcome. */
  begun(session: Session): void {
    const value = this.standing();
    if (value !== undefined) session.event({ type: 'notice', value });
  }

  /** Undefined: none, or it has ended. */
  standing(): v1.INotice | undefined {
    const notice = this.board?.notice();
    return notice !== undefined && notice.untilMs > this.clock.now() ? wireOf(notice) : undefined;
  }

  private changed(): void {
    this.tell([...this.sessions.values()], this.standing() ?? WITHDRAWN, ++this.change);
  }

  /** Whoever opens a session meanwhile hears of it by `begun`. */
  private tell(sessions: readonly Session[], value: v1.INotice, change: number): void {
    if (change !== this.change) return;
    for (const session of sessions.slice(0, SESSIONS_A_TURN))
      if (this.sessions.has(session.id)) session.event({ type: 'notice', value });
    const rest = sessions.slice(SESSIONS_A_TURN);
    if (rest.length > 0) this.clock.after(TURN_MS, () => this.tell(rest, value, change));
  }
}

function wireOf({ id, text, untilMs }: StandingNotice): v1.INotice {
  return { noticeId: id, text, until: Long.fromNumber(untilMs, true) };
}
