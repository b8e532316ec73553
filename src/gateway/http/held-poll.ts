import type { AccessClaims } from '../../core/access-token.js';
import { toParleyError } from '../../core/errors.js';
import type { ServerFrame } from '../../protocol/frames.js';
import { serverCodec } from '../../protocol/strict-codec.js';
import type { v1 } from '../../protocol/wire.js';
import type { Link } from '../link.js';
import type { Encoded, Transport } from '../transport.js';
import { pageText } from './cursor-text.js';
import type { Exchange } from './exchange.js';
import type { Held, HttpContext } from './http-context.js';
import { errorResponse, jsonResponse } from './responses.js';

/** Frames that do not end a poll; they are left out. */
const NO_ANSWER: ReadonlySet<ServerFrame['body']['type']> = new Set([
  'welcome',
  'fanout',
  'presence',
  'ownPresence',
  'notice',
  'typing',
  'reconnect',
]);
const json = serverCodec('parley.v1.json');

/** A long poll: a session that ends with its first frames, which are the answer. */
export class HeldPoll implements Transport, Held {
  readonly resumable = false;
  private readonly context: HttpContext;
  private readonly exchange: Exchange;
  private readonly key: string;
  private readonly since: v1.ICursor;
  private readonly link: Link;
  private cancelTimer: () => void = () => {};

  constructor(context: HttpContext, exchange: Exchange, key: string, since: v1.ICursor) {
    this.context = context;
    this.exchange = exchange;
    this.key = key;
    this.since = since;
    this.link = context.host.link(this, exchange.head.remoteAddress);
  }

  /** Ends the poll that this device holds, opens the session, and answers at the latest after `waitMs`. */
  start(claims: AccessClaims, waitMs: number): void {
    const { host, polls } = this.context;
    polls.get(this.key)?.finish();
    polls.set(this.key, this);
    this.cancelTimer = host.deps.clock.after(waitMs, () => this.finish());
    this.exchange.onAborted(() => this.finish());
    host.open(this.link, claims, this.since).catch((error: unknown) => {
      this.exchange.respond(errorResponse(toParleyError(error)));
      this.finish();
    });
  }

  /** Answers with what came in this very turn, or with nothing, if it was not answered; and ends the session. */
  finish(): void {
    if (this.context.polls.get(this.key) === this) this.context.polls.delete(this.key);
    this.cancelTimer();
    this.link.flush();
    this.answerNothing();
    const session = this.link.session;
    if (session !== undefined) this.context.host.confirm(session);
    this.link.lost(1000);
  }

  private answer(frames: readonly string[], cursor: v1.ICursor): void {
    this.exchange.respond(jsonResponse(200, pageText(frames, cursor, false)), this.context.host.draining);
  }

  /** The next poll asks where this one did: whatever the session has come to, none of it was told. */
  private answerNothing(): void {
    this.answer([], this.since);
  }

  // ---- as a session's transport ----------------------------------------------------------------------------------

  readonly encode = (frame: ServerFrame): string =>
    NO_ANSWER.has(frame.body.type) ? '' : (json.encode(frame) as string);

  write(frames: readonly Encoded[]): 'taken' {
    const telling = frames.filter((frame): frame is string => frame !== '');
    if (telling.length === 0) return 'taken';
    this.answer(telling, this.link.session?.stream.put ?? this.since);
    this.context.host.deps.clock.defer(() => this.finish()); // the link is in the midst of a flush
    return 'taken';
  }

  bufferedBytes(): number {
    return 0;
  }

  keepAlive(): void {
    // It ends soon enough.
  }

  end(): void {
    this.answerNothing();
  }

  follow(): void {
    // Fan-out channels are polled from their logs.
  }

  unfollow(): void {}
}
