import type { AccessClaims } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import { addTo, deleteFrom } from '../../core/grouped.js';
import type { Session } from '../session.js';
import type { SessionHost } from '../session-host.js';
import { DeviceBudgets, deviceKey } from './device-budgets.js';
import type { Exchange } from './exchange.js';
import type { StreamFollowers } from './stream-followers.js';

/** What can be told to stop holding a client: a long poll. */
export interface Held {
  finish(): void;
}

/** What the HTTP transports share. */
export class HttpContext {
  readonly host: SessionHost;
  readonly followers: StreamFollowers;
  readonly budgets = new DeviceBudgets();
  /** The long poll that each device holds, at most one. */
  readonly polls = new Map<string, Held>();
  /** The event streams of each device. */
  private readonly streams = new Map<string, Set<Session>>();

  constructor(host: SessionHost, followers: StreamFollowers) {
    this.host = host;
    this.followers = followers;
  }

  /** Who asks, by the Authorization header, or by `?access_token=` where `byQuery` (EventSource sets no headers). */
  async authenticate(exchange: Exchange, byQuery = false): Promise<AccessClaims> {
    const header = exchange.head.headers.authorization ?? '';
    const bearer = /^bearer +(\S+)$/i.exec(header)?.[1];
    const token = bearer ?? (byQuery ? exchange.query.get('access_token') : null);
    if (!token) throw new ParleyError('unauthenticated', { sentence: 'A Bearer token is needed.' });
    return this.host.deps.verifier.verify(token);
  }

  addStream(session: Session): void {
    addTo(this.streams, deviceKey(session.caller), session);
  }

  removeStream(session: Session): void {
    deleteFrom(this.streams, deviceKey(session.caller), session);
  }

  streamsOf(claims: AccessClaims): Iterable<Session> {
    return this.streams.get(deviceKey(claims)) ?? [];
  }
}
