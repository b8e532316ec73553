/**
 * Whether a user is online, told to those who look and may: watchers with a lease, friends or everyone by the user's
 * settings. Offline only after a grace; after a change of owner unknown for as long.
 */
import type { ActorHost } from '../../cluster/actor-host.js';
import { type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { UserFacts } from '../../core/people.js';
import { Long, v1 } from '../../protocol/wire.js';

const { ONLINE, OFFLINE, PRESENCE_UNKNOWN } = v1.PresenceState;

/** Who may watch one user at once, at most. */
const WATCHERS_MAX = 10_000;

export class Presence {
  private readonly host: ActorHost;
  private readonly userId: UserId;
  /** Watcher → when the lease ends, monotonic milliseconds. */
  private readonly watchers = new Map<UserId, number>();
  private state: v1.PresenceState;
  /** When offline is certain, monotonic milliseconds; undefined while online or settled. */
  private graceEndsMs: number | undefined;
  lastSeenMs: number;

  /** `mayBeOnline`: an earlier owner left the user online, or none says: sessions may be there that are not known yet. */
  constructor(host: ActorHost, userId: UserId, lastSeenMs: number, mayBeOnline: boolean) {
    this.host = host;
    this.userId = userId;
    this.lastSeenMs = lastSeenMs;
    this.state = mayBeOnline ? PRESENCE_UNKNOWN : OFFLINE;
    this.graceEndsMs = mayBeOnline ? host.clock.monotonic() + LIMITS.presenceGraceMs : undefined;
  }

  get online(): boolean {
    return this.state === ONLINE;
  }

  /** Whether time alone will change something here. */
  get pending(): boolean {
    return this.graceEndsMs !== undefined || this.watchers.size > 0;
  }

  /** The user is there: a session is open, or a poll came. `lasting`: until `away` is called. */
  here(facts: UserFacts | undefined, lasting: boolean): void {
    this.graceEndsMs = lasting ? undefined : this.host.clock.monotonic() + LIMITS.presenceGraceMs;
    this.lastSeenMs = this.host.clock.now();
    this.change(ONLINE, facts);
  }

  /** The last session ended: offline after the grace. */
  away(): void {
    this.lastSeenMs = this.host.clock.now();
    this.graceEndsMs = this.host.clock.monotonic() + LIMITS.presenceGraceMs;
  }

  tick(facts: UserFacts | undefined): void {
    const now = this.host.clock.monotonic();
    if (this.graceEndsMs !== undefined && now >= this.graceEndsMs) {
      this.graceEndsMs = undefined;
      this.change(OFFLINE, facts);
    }
    for (const [watcher, leaseEnds] of this.watchers) if (leaseEnds <= now) this.watchers.delete(watcher);
  }

  /** `watcher` looks for `leaseMs`; is told the state now and each change. leaseMs 0: looks no more. */
  watch(watcher: UserId, leaseMs: number, facts: UserFacts | undefined): void {
    if (leaseMs <= 0) {
      this.watchers.delete(watcher);
      return;
    }
    if (!this.watchers.has(watcher) && this.watchers.size >= WATCHERS_MAX) return;
    const known = this.watchers.has(watcher);
    this.watchers.set(watcher, this.host.clock.monotonic() + leaseMs);
    if (!known || leaseMs >= LIMITS.presenceWatchLeaseMs) this.tell(watcher, facts);
  }

  /** Settings, friends or blocks changed: everybody who looks is told what they may see now. */
  tellAll(facts: UserFacts | undefined): void {
    for (const watcher of this.watchers.keys()) this.tell(watcher, facts);
  }

  private change(state: v1.PresenceState, facts: UserFacts | undefined): void {
    if (this.state === state) return;
    this.state = state;
    this.tellAll(facts);
  }

  private tell(watcher: UserId, facts: UserFacts | undefined): void {
    const visible = facts !== undefined && mayHear(facts.presenceFor, facts, watcher);
    const presence = visible
      ? { userId: this.userId, state: this.state, lastSeen: Long.fromNumber(this.lastSeenMs, true) }
      : { userId: this.userId, state: PRESENCE_UNKNOWN };
    this.host.tell(userActor(watcher), { type: 'presence', presence }, true);
  }
}

/** Whether `other` belongs to the audience that a user chose. */
export function mayHear(audience: UserFacts['presenceFor'], facts: UserFacts, other: UserId): boolean {
  if (facts.blocked.has(other) || audience === 'nobody') return false;
  return audience === 'everyone' || facts.friends.has(other);
}
