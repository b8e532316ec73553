import type { Clock } from '../core/clock.js';
import { shardOf } from '../core/ids.js';
import type { Session } from './session.js';

/** Announced in one go; what is more follows in as many turns as fit the spread, milliseconds. */
const AT_ONCE = 500;
const TURN_MS = 20;
const SPREAD_MS = 1_000;

/** Tells the new owners of user actors at once which sessions they have, with the last cursor put on each socket. */
export class ReAnnouncement {
  private readonly clock: Clock;
  private readonly sessions: ReadonlyMap<string, Session>;
  private readonly announce: (session: Session) => void;
  private readonly waiting = new Set<Session>();
  private atOnce = AT_ONCE;
  private scheduled = false;

  constructor(clock: Clock, sessions: ReadonlyMap<string, Session>, announce: (session: Session) => void) {
    this.clock = clock;
    this.sessions = sessions;
    this.announce = announce;
  }

  moved(shards: ReadonlySet<number>): void {
    for (const session of this.sessions.values()) if (shards.has(shardOf(session.actor))) this.waiting.add(session);
    this.atOnce = Math.max(AT_ONCE, Math.ceil((this.waiting.size * TURN_MS) / SPREAD_MS));
    if (!this.scheduled) this.turn();
  }

  private turn(): void {
    let left = this.atOnce;
    for (const session of this.waiting) {
      if (left-- === 0) break;
      this.waiting.delete(session);
      if (this.sessions.get(session.id) === session) this.announce(session);
    }
    this.scheduled = this.waiting.size > 0;
    if (!this.scheduled) return;
    this.clock.after(TURN_MS, () => this.turn());
  }
}
