/**
 * How a user appears to those who look and may: watchers with a lease, friends or everyone by the user's settings.
 * Offline only after a grace; after a change of owner unknown for as long. Whoever is invisible appears as somebody who is
 * offline does, last seen when they became so. However often somebody comes and goes, each watcher is told a bounded number
 * of times, and always how it is in the end.
 */

import type { ActorHost } from '../../cluster/actor-host.js';
import { type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { UserFacts } from '../../core/people.js';
import { rateOf, takeToken } from '../../core/rate.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { Notice } from '../../protocol/bus-messages.js';
import { Long, v1 } from '../../protocol/wire.js';
import { asOf, type Standing } from './standing.js';

const { ONLINE, AWAY, OFFLINE, INVISIBLE, DO_NOT_DISTURB, PRESENCE_UNKNOWN } = v1.PresenceState;

/** Who may watch one user at once, at most. */
const WATCHERS_MAX = 10_000;
/** Changes that all watchers are told: a few at once, then one every 5 s. */
const TELL_RATE = rateOf(0.2, 4);

/** Whether the user has a session (or polls): `unknown` after a change of owner, until sessions were announced. */
type Reach = 'unknown' | 'here' | 'gone';

export interface PresenceStart {
  readonly lastSeenMs: number;
  /** An earlier owner left the user online, or none says: sessions may be there that are not known yet. */
  readonly mayBeOnline: boolean;
  readonly standing: Standing;
}

export type Watch = Pick<Extract<Notice, { type: 'presence_watch' }>, 'watcher' | 'leaseMs' | 'renews'>;

export class Presence {
  private readonly host: ActorHost;
  private readonly userId: UserId;
  /** Watcher → when the lease ends, monotonic milliseconds. */
  private readonly watchers = new SparseMap<UserId, number>();
  /** Watchers that may see nothing, and know it. */
  private readonly blind = new SparseMap<UserId, true>();
  private reach: Reach;
  /** When offline is certain, monotonic milliseconds; undefined while online or settled. */
  private graceEndsMs: number | undefined;
  /** Until then even who is invisible is unknown, as who is offline would be; undefined once it is over. */
  private unknownEndsMs: number | undefined;
  private idle = false;
  /** What the watchers know, and the bucket of tellings. */
  private told: { readonly state: v1.PresenceState; readonly standing: Standing | undefined };
  private bucket = 0;
  standing: Standing;
  /** As it is shown. */
  lastSeenMs: number;

  constructor(host: ActorHost, userId: UserId, { lastSeenMs, mayBeOnline, standing }: PresenceStart) {
    this.host = host;
    this.userId = userId;
    this.lastSeenMs = lastSeenMs;
    this.standing = asOf(standing, host.clock.now());
    this.reach = mayBeOnline ? 'unknown' : 'gone';
    this.graceEndsMs = mayBeOnline ? host.clock.monotonic() + LIMITS.presenceGraceMs : undefined;
    this.unknownEndsMs = this.graceEndsMs;
    this.told = this.apparent();
  }

  /** Whether the user appears to be there. */
  get online(): boolean {
    return this.reach === 'here' && !this.invisible;
  }

  get invisible(): boolean {
    return this.standing.choice === INVISIBLE;
  }

  /** Whether a device is online, whatever others see of it; or may be. */
  get reachable(): boolean {
    return this.reach !== 'gone';
  }

  /** Whether the user chose not to be disturbed. */
  get undisturbed(): boolean {
    return this.standing.choice === DO_NOT_DISTURB;
  }

  /** Whether time alone will change something here. */
  get pending(): boolean {
    const unsettled = this.graceEndsMs !== undefined || this.unknownEndsMs !== undefined;
    return unsettled || this.watchers.size > 0;
  }

  /** The user is there: a session is open, or a poll came. `lasting`: until `away` is called. */
  here(facts: UserFacts | undefined, lasting: boolean): void {
    this.graceEndsMs = lasting ? undefined : this.host.clock.monotonic() + LIMITS.presenceGraceMs;
    this.reach = 'here';
    this.seen(this.host.clock.now());
    this.update(facts);
  }

  /** The last session ended, and was last heard of at `seenMs` (wall clock): offline after the grace. */
  away(seenMs: number): void {
    this.seen(seenMs);
    this.graceEndsMs = this.host.clock.monotonic() + LIMITS.presenceGraceMs;
  }

  /** Whether nobody is at any of the devices. */
  setIdle(idle: boolean, facts: UserFacts | undefined): void {
    this.idle = idle;
    this.update(facts);
  }

  choose(standing: Standing, facts: UserFacts | undefined): void {
    const now = this.host.clock.now();
    // Last seen as they become invisible, or visible again.
    if (this.reach === 'here') this.seen(now);
    this.standing = asOf(standing, now);
    if (this.reach === 'here') this.seen(now);
    this.update(facts);
  }

  /** True: the status has come to its end. */
  tick(facts: UserFacts | undefined): boolean {
    const now = this.host.clock.monotonic();
    if (this.graceEndsMs !== undefined && now >= this.graceEndsMs) {
      this.graceEndsMs = undefined;
      this.reach = 'gone';
    }
    if (this.unknownEndsMs !== undefined && now >= this.unknownEndsMs) this.unknownEndsMs = undefined;
    const before = this.standing;
    this.standing = asOf(before, this.host.clock.now());
    this.update(facts);
    for (const [watcher, leaseEnds] of this.watchers) if (leaseEnds <= now) this.forget(watcher);
    return this.standing !== before;
  }

  /**
   * `watcher` looks for `leaseMs`; is told the state now and each change. leaseMs 0: looks no more. Who `renews` is told the
   * state only if they were not known here.
   */
  watch({ watcher, leaseMs, renews }: Watch, facts: UserFacts | undefined): void {
    if (leaseMs <= 0) return this.forget(watcher);
    if (!this.watchers.has(watcher) && this.watchers.size >= WATCHERS_MAX) return;
    const known = this.watchers.has(watcher);
    this.watchers.set(watcher, this.host.clock.monotonic() + leaseMs);
    if (known && renews) return;
    this.blind.delete(watcher);
    this.tell(watcher, facts);
  }

  private forget(watcher: UserId): void {
    this.watchers.delete(watcher);
    this.blind.delete(watcher);
  }

  /** Settings, friends or blocks changed: everybody who looks is told what they may see now. */
  tellAll(facts: UserFacts | undefined): void {
    this.told = this.apparent();
    for (const watcher of this.watchers.keys()) this.tell(watcher, facts);
  }

  private seen(atMs: number): void {
    if (!this.invisible) this.lastSeenMs = Math.max(this.lastSeenMs, atMs);
  }

  /** Tells what has changed, or leaves it to a later tick when it changes too often. */
  private update(facts: UserFacts | undefined): void {
    const { state, standing } = this.apparent();
    if (state === this.told.state && standing === this.told.standing) return;
    const bucket = takeToken(this.bucket, Math.trunc(this.host.clock.monotonic()), TELL_RATE);
    if (bucket === undefined) return;
    this.bucket = bucket;
    this.tellAll(facts);
  }

  private state(): v1.PresenceState {
    const { choice } = this.standing;
    if (this.reach === 'unknown') return PRESENCE_UNKNOWN;
    if (this.invisible) return this.unknownEndsMs === undefined ? OFFLINE : PRESENCE_UNKNOWN;
    if (this.reach === 'gone') return OFFLINE;
    return choice === ONLINE && this.idle ? AWAY : choice;
  }

  /** What makes a difference to those who look: that time passes does not, nor what is chosen while offline. */
  private apparent(): { readonly state: v1.PresenceState; readonly standing: Standing | undefined } {
    const state = this.state();
    return { state, standing: state === OFFLINE || state === PRESENCE_UNKNOWN ? undefined : this.standing };
  }

  private shown(): v1.IPresence {
    const { userId, lastSeenMs } = this;
    const { state, standing } = this.apparent();
    const presence = { userId, state, lastSeen: Long.fromNumber(lastSeenMs, true) };
    if (standing === undefined) return presence;
    return { ...presence, status: standing.status, statusUntil: Long.fromNumber(standing.statusUntilMs, true) };
  }

  /** Who may see nothing is told so once: that something changed says too much. */
  private tell(watcher: UserId, facts: UserFacts | undefined): void {
    const visible = facts !== undefined && mayHear(facts.presenceFor, facts, watcher);
    if (!visible && this.blind.has(watcher)) return;
    if (visible) this.blind.delete(watcher);
    else this.blind.set(watcher, true);
    const presence = visible ? this.shown() : { userId: this.userId, state: PRESENCE_UNKNOWN };
    this.host.tell(userActor(watcher), { type: 'presence', presence }, true);
  }
}

/** Whether `other` belongs to the audience that a user chose. */
export function mayHear(audience: UserFacts['presenceFor'], facts: UserFacts, other: UserId): boolean {
  if (facts.blocked.has(other) || audience === 'nobody') return false;
  return audience === 'everyone' || facts.friends.has(other);
}
