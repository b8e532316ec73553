import type { ActorHost } from '../../cluster/actor-host.js';
import type { UserId } from '../../core/ids.js';
import type { UserFacts } from '../../core/people.js';
import type { ActorContext } from '../runtime/actor.js';

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;

/** Whose account it is. */
interface Holder {
  readonly id: UserId;
  /** Told when others than before may see how the user appears. */
  readonly presence: { tellAll(facts: UserFacts | undefined): void };
}

/** What the directory told last of a user's account. Read again on request; when it does not answer, until it does. */
export class AccountFacts {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly user: Holder;
  /** Undefined: it knows no such account. */
  current: UserFacts | undefined;
  /** How often it was asked: an answer counts only until it is asked again. */
  private asked = 0;
  /** How often in a row it did not answer, and when to ask again, monotonic milliseconds; undefined: it answered. */
  private unanswered: { readonly times: number; readonly retryAtMs: number } | undefined;

  constructor(host: ActorHost, context: ActorContext, user: Holder, current: UserFacts | undefined) {
    this.host = host;
    this.context = context;
    this.user = user;
    this.current = current;
  }

  /** Resolves when the directory has answered or failed to; what was known then stays until `tick` has it. */
  async read(): Promise<void> {
    const call = ++this.asked;
    try {
      const facts = await this.host.people.factsOf(this.user.id);
      if (call === this.asked) this.take(facts);
    } catch (cause) {
      if (call === this.asked) this.failed(cause);
    }
  }

  /** Whether it wants to be called again. */
  tick(): boolean {
    const { unanswered } = this;
    if (unanswered === undefined) return false;
    const now = this.host.clock.monotonic();
    if (now >= unanswered.retryAtMs) {
      this.unanswered = { ...unanswered, retryAtMs: now + RETRY_MS_MAX }; // should this one never be answered
      void this.read();
    }
    return true;
  }

  private take(facts: UserFacts | undefined): void {
    const before = this.current;
    this.current = facts;
    this.unanswered = undefined;
    if (this.context.alive && !isSameAudience(before, facts)) this.user.presence.tellAll(facts);
  }

  private failed(cause: unknown): void {
    const times = this.unanswered?.times ?? 0;
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** times);
    this.unanswered = { times: times + 1, retryAtMs: this.host.clock.monotonic() + pauseMs };
    this.host.logger.warn({ err: cause, actor: this.user.id, pauseMs }, 'the directory is asked for an account again');
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
