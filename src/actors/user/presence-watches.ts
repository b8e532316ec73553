/** Whom the sessions of one user watch: asked of the watched users' actors as a lease, and handed to the sessions. */
import type { ActorHost } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import { type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import type { Watch } from './presence.js';
import type { Session, Sessions } from './sessions.js';

/** How often watches are renewed, milliseconds. */
const WATCH_RENEW_MS = LIMITS.presenceWatchLeaseMs / 3;
/** How long a first change waits for others. */
const GATHER_MS = 50;

export class PresenceWatches {
  private readonly host: ActorHost;
  private readonly userId: UserId;
  private readonly sessions: Sessions;
  private readonly context: Pick<ActorContext, 'alive'>;
  private renewedMs = 0;
  private scheduled = false;

  constructor(host: ActorHost, context: Pick<ActorContext, 'alive'>, userId: UserId, sessions: Sessions) {
    this.host = host;
    this.context = context;
    this.userId = userId;
    this.sessions = sessions;
  }

  /** Replaces whom the session watches. Throws `invalid_argument` without a session. */
  watch(session: Session | undefined, userIds: readonly UserId[]): void {
    if (session === undefined)
      throw new ParleyError('invalid_argument', { sentence: 'Presence is watched by a session.' });
    const before = session.watching;
    session.watching = userIds.length === 0 ? undefined : new Set(userIds);
    for (const userId of before ?? []) {
      if (!this.sessions.all().some((other) => other.watching?.has(userId)))
        this.ask(userId, { leaseMs: 0, renews: false });
    }
    for (const userId of userIds) this.ask(userId, { leaseMs: LIMITS.presenceWatchLeaseMs, renews: false });
    // What the others watch is renewed when it is due, however often this one changes its mind.
    const isAlone = this.sessions.all().every((other) => other === session || other.watching === undefined);
    if (isAlone) this.renewedMs = this.host.clock.monotonic();
  }

  private ask(userId: UserId, lease: Pick<Watch, 'leaseMs' | 'renews'>): void {
    const notice = { type: 'presence_watch', watcher: this.userId, ...lease } as const;
    this.host.tell(userActor(userId), notice, lease.leaseMs === 0);
  }

  /** What a watched user's actor told: goes to the sessions that look, the newest of each user, in batches. */
  receive(presence: v1.IPresence): void {
    const userId = presence.userId ?? '';
    for (const session of this.sessions.all()) {
      if (!session.watching?.has(userId)) continue;
      session.presences ??= new Map();
      session.presences.set(userId, presence);
    }
    this.flushLater();
  }

  /** Whoever changes together is told together; a session gets at most one batch in LIMITS.presenceBatchMs. */
  private flushLater(): void {
    if (this.scheduled) return;
    const waiting = this.sessions.all().filter((session) => session.presences !== undefined);
    if (waiting.length === 0) return;
    this.scheduled = true;
    const now = this.host.clock.monotonic();
    const nextMs = Math.min(...waiting.map((session) => session.presencesAtMs + LIMITS.presenceBatchMs));
    this.host.clock.after(Math.max(GATHER_MS, nextMs - now), () => {
      this.scheduled = false;
      if (this.context.alive) this.flush();
    });
  }

  private flush(): void {
    const now = this.host.clock.monotonic();
    for (const session of this.sessions.all()) {
      if (session.presences === undefined || now - session.presencesAtMs < LIMITS.presenceBatchMs) continue;
      const items = [...session.presences.values()];
      session.presences = undefined;
      session.presencesAtMs = Math.ceil(now); // whole, see Sessions; and no batch comes early
      this.sessions.tell(session, { type: 'presence', value: { items } });
    }
    this.flushLater();
  }

  tick(): void {
    const now = this.host.clock.monotonic();
    if (now - this.renewedMs < WATCH_RENEW_MS) return;
    this.renewedMs = now;
    const watched = new Set<UserId>();
    for (const session of this.sessions.all()) for (const userId of session.watching ?? []) watched.add(userId);
    for (const userId of watched) this.ask(userId, { leaseMs: LIMITS.presenceWatchLeaseMs, renews: true });
  }
}
