import type { ActorHost } from '../../cluster/actor-host.js';
import { type BackoffSpan, backoffMs } from '../../core/backoff.js';
import { SHARD_COUNT, shardOf, type UserId, userActor } from '../../core/ids.js';
import type { UserFacts } from '../../core/people.js';
import type { ActorContext } from '../runtime/actor.js';

const RETRY: BackoffSpan = { firstMs: 1_000, mostMs: 60_000 };
/** Of a change an actor is told at most once: what was lost holds for this long, or up to twice as long. Only while it ticks. */
const AGAIN_MS = 600_000;

/** Whose account it is. */
interface Holder {
  readonly id: UserId;
  /** Told when others than before may see how the user appears. */
  readonly presence: { tellAll(facts: UserFacts | undefined): void };
  readonly accountEnd: { run(): Promise<void> };
}

/** What the directory told last of a user's account. Read again on request, now and then, and until the directory answers. */
export class AccountFacts {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly user: Holder;
  /** Undefined: it knows no such account. */
  current: UserFacts | undefined;
  /** Under way, and the one that begins after it: for those who asked since. */
  private reading: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  /** How often in a row the directory did not answer. */
  private unanswered = 0;
  /** Monotonic milliseconds. */
  private againAtMs: number;

  constructor(host: ActorHost, context: ActorContext, user: Holder, current: UserFacts | undefined) {
    this.host = host;
    this.context = context;
    this.user = user;
    this.current = current;
    this.againAtMs = this.afterAWhile();
  }

  /** Resolves when the directory has answered a question of after now, or failed to; what was known then stays until `tick` has it. */
  read(): Promise<void> {
    if (this.next !== undefined) return this.next;
    if (this.reading === undefined) return this.begin();
    this.next = this.reading.then(() => {
      this.next = undefined;
      return this.begin();
    });
    return this.next;
  }

  /** Whether it wants to be called again; it may be called all the same. */
  tick(): boolean {
    if (this.reading === undefined && this.host.clock.monotonic() >= this.againAtMs) void this.read();
    return this.unanswered > 0;
  }

  private begin(): Promise<void> {
    this.reading = this.ask();
    return this.reading;
  }

  private async ask(): Promise<void> {
    try {
      const facts = await this.host.people.factsOf(this.user.id);
      this.take(facts);
      if (facts === undefined) await this.endIfDeleted();
      this.unanswered = 0;
      this.againAtMs = this.afterAWhile();
    } catch (cause) {
      this.failed(cause);
    }
    this.reading = undefined;
  }

  take(facts: UserFacts | undefined): void {
    const before = this.current;
    this.current = facts;
    if (this.context.alive && !isSameAudience(before, facts)) this.user.presence.tellAll(facts);
  }

  /** Whoever deleted it may not have been able to say so here. Whom the directory merely does not know it may have lost. */
  private async endIfDeleted(): Promise<void> {
    const { host, context, user } = this;
    const deleted = await host.people.deleted([user.id]);
    if (context.alive && deleted.has(user.id)) await user.accountEnd.run();
  }

  private failed(cause: unknown): void {
    const pauseMs = backoffMs(RETRY, this.unanswered++);
    this.againAtMs = this.host.clock.monotonic() + pauseMs;
    this.host.logger.warn({ err: cause, actor: this.user.id, pauseMs }, 'the directory is asked for an account again');
    if (this.context.alive) this.context.requestTick();
  }

  /** Each shard at another time, since the actors of an owner may all have begun at once. */
  private afterAWhile(): number {
    const spread = shardOf(userActor(this.user.id)) / SHARD_COUNT;
    return Math.trunc(this.host.clock.monotonic() + AGAIN_MS * (1 + spread));
  }
}

function isSameAudience(one: UserFacts | undefined, other: UserFacts | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.presenceFor === other.presenceFor &&
    isSameSet(one.friends, other.friends) &&
    isSameSet(one.blocked, other.blocked)
  );
}

function isSameSet(one: ReadonlySet<UserId>, other: ReadonlySet<UserId>): boolean {
  return one.size === other.size && [...one].every((member) => other.has(member));
}
