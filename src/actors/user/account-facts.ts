import type { ActorHost } from '../../cluster/actor-host.js';
import type { UserId } from '../../core/ids.js';
import type { UserFacts } from '../../core/people.js';
import type { ActorContext } from '../runtime/actor.js';

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;

/** What the directory told last of a user's account. Read again on request; when it does not answer, until it does. */
export class AccountFacts {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly userId: UserId;
  private readonly audienceChanged: () => void;
  /** Undefined: it knows no such account. */
  current: UserFacts | undefined;
  /** How often it was asked: an answer counts only until it is asked again. */
  private asked = 0;
  private failures = 0;
  /** When to ask again, monotonic milliseconds; undefined while nothing is known to be out of date. */
  private retryAtMs: number | undefined;

  /** `audienceChanged`: others than before may see how the user appears. */
  constructor(
    host: ActorHost,
    context: ActorContext,
    userId: UserId,
    { current, audienceChanged }: { readonly current: UserFacts | undefined; readonly audienceChanged: () => void },
  ) {
    this.host = host;
    this.context = context;
    this.userId = userId;
    this.current = current;
    this.audienceChanged = audienceChanged;
  }

  /** Resolves when the directory has answered or failed to; what was known then stays until `tick` has it. */
  async read(): Promise<void> {
    const call = ++this.asked;
    this.retryAtMs = undefined;
    try {
      const facts = await this.host.people.factsOf(this.userId);
      if (call === this.asked) this.take(facts);
    } catch (cause) {
      if (call === this.asked) this.failed(cause);
    }
  }

  /** Whether it wants to be called again. */
  tick(): boolean {
    if (this.retryAtMs !== undefined && this.host.clock.monotonic() >= this.retryAtMs) void this.read();
    return this.retryAtMs !== undefined;
  }

  private take(facts: UserFacts | undefined): void {
    const before = this.current;
    this.current = facts;
    this.failures = 0;
    if (this.context.alive && !isSameAudience(before, facts)) this.audienceChanged();
  }

  private failed(cause: unknown): void {
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** this.failures);
    this.failures += 1;
    this.retryAtMs = this.host.clock.monotonic() + pauseMs;
    this.host.logger.warn({ err: cause, actor: this.userId, pauseMs }, 'the directory is asked for an account again');
    if (this.context.alive) this.context.requestTick();
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
