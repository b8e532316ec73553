/** The end of an account at its active user: a tombstone, no sessions any more, and the next activation is a FormerUser. */
import type { ActorHost } from '../../cluster/actor-host.js';
import type { UserFacts } from '../../core/people.js';
import type { ActorContext } from '../runtime/actor.js';
import { entomb } from './empty-inbox.js';
import type { Inbox } from './inbox.js';
import type { Sessions } from './sessions.js';

/** Whose account it was. */
interface Holder {
  readonly inbox: Inbox;
  readonly sessions: Sessions;
  readonly account: { take(facts: UserFacts | undefined): void };
}

export class AccountEnd {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly user: Holder;
  private running: Promise<void> | undefined;

  constructor(host: ActorHost, context: ActorContext, user: Holder) {
    this.host = host;
    this.context = context;
    this.user = user;
  }

  /** From here on nothing is taken, unless the tombstone cannot be written. */
  get begun(): boolean {
    return this.running !== undefined;
  }

  /** Resolves when this activation has ended; the next begins at once, and does the rest. Rejects as `entomb` does. */
  run(): Promise<void> {
    this.running ??= this.end().catch((error: unknown) => {
      this.running = undefined;
      throw error;
    });
    return this.running;
  }

  private async end(): Promise<void> {
    const { host, context, user } = this;
    await entomb(host, context, user.inbox);
    for (const session of [...user.sessions.all()]) user.sessions.end(session, 'session_revoked');
    user.account.take(undefined);
    context.end();
    host.tell(context.id, { type: 'directory_changed' });
  }
}
