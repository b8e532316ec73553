/** Apple's push service: HTTP/2 on one connection that is kept, with a provider token. */
import { createHash } from 'node:crypto';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { Clock } from '../../core/clock.js';
import { LIMITS } from '../../core/limits.js';
import type { AnyPush, PushJob, PushRead } from '../../core/push.js';
import { Credentials, outcomeOfStatus, type PushSender, payloadOf, retryAfterMs, type SendOutcome } from '../sender.js';
import { type ApnsCredentials, ApnsToken } from './apns-token.js';

const REPLY_CHARACTERS_MAX = 4_096;
const DEAD: ReadonlySet<string> = new Set(['BadDeviceToken', 'Unregistered', 'DeviceTokenNotForTopic', 'ExpiredToken']);
/** Said of every device, too, where the topic is another app's, or the environment the wrong one. */
const DOUBTFUL: ReadonlySet<string> = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic']);
const OUR_FAULT: ReadonlySet<string> = new Set([
  'InvalidProviderToken',
  'MissingProviderToken',
  'BadCertificate',
  'BadCertificateEnvironment',
  'BadEnvironmentKeyIdInToken',
  'UnrelatedKeyIdInToken',
  'Forbidden',
  'BadTopic',
  'MissingTopic',
  'TopicDisallowed',
]);

/** Told to nobody. */
const NOTHING: PushRead = { type: 'read', userId: '', channelId: '', seq: 0, badge: 0, readAt: '', createdAtMs: 0 };

export interface ApnsOptions {
  readonly credentials: ApnsCredentials;
  /** The app's bundle id. */
  readonly topic: string;
  /** `https://api.push.apple.com`, the sandbox, or a test's. */
  readonly baseUrl: string;
  readonly clock: Clock;
}

interface ApnsReply {
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: string | undefined;
}

export class ApnsSender implements PushSender<'apns'> {
  private readonly options: ApnsOptions;
  private readonly token: ApnsToken;
  private readonly known = new Credentials();
  private session: ClientHttp2Session | undefined;
  private refusal: string | undefined;

  constructor(options: ApnsOptions) {
    this.options = options;
    this.token = new ApnsToken(options.credentials, options.clock);
  }

  notReady(): string | undefined {
    return this.refusal;
  }

  /** A push to a device that there is none of: APNs looks at the credentials first. */
  async check(): Promise<void> {
    await this.attempt('0'.repeat(64), NOTHING, '{"aps":{"content-available":1}}');
  }

  close(): void {
    this.session?.close();
    this.session = undefined;
  }

  send({ token }: { readonly token: string }, job: PushJob): Promise<SendOutcome> {
    return this.attempt(token, job, alertOf(job));
  }

  takeBack({ token }: { readonly token: string }, read: PushRead): Promise<SendOutcome> {
    return this.attempt(token, read, badgeOf(read));
  }

  private async attempt(token: string, job: AnyPush, body: string): Promise<SendOutcome> {
    try {
      const reply = await this.post(`/3/device/${token}`, job, body);
      if (reply.reason === 'ExpiredProviderToken') this.token.expire();
      this.refusal = OUR_FAULT.has(reply.reason) ? `APNs refuses its credentials: ${reply.reason}` : undefined;
      const afterMs = retryAfterMs(reply.retryAfter, this.options.clock.now());
      return this.known.judge(apnsOutcome(reply.status, reply.reason, afterMs), DOUBTFUL.has(reply.reason));
    } catch (error) {
      return { type: 'retry', reason: error instanceof Error ? error.message : String(error), afterMs: undefined };
    }
  }

  private connected(): ClientHttp2Session {
    const { session } = this;
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const fresh = connect(this.options.baseUrl);
    const forget = (): void => {
      if (this.session === fresh) this.session = undefined;
    };
    fresh.on('error', forget).on('goaway', forget).on('close', forget);
    fresh.unref();
    this.session = fresh;
    return fresh;
  }

  private post(path: string, job: AnyPush, body: string): Promise<ApnsReply> {
    return new Promise((resolve, reject) => {
      const session = this.connected();
      const stream = session.request({ ...this.headersOf(job), ':method': 'POST', ':path': path });
      let headers: IncomingHttpHeaders = {};
      let text = '';
      stream.setEncoding('utf8');
      // Perhaps the connection is dead, and nobody said so: a firewall forgot it. It ends, with what else is under way on it.
      const stopWaiting = this.options.clock.after(LIMITS.pushDeadlineMs, () => {
        reject(new Error('APNs did not answer in time'));
        session.destroy();
      });
      stream.on('response', (answered) => {
        headers = answered;
      });
      stream.on('data', (chunk: string) => {
        if (text.length < REPLY_CHARACTERS_MAX) text += chunk;
      });
      stream.on('error', reject);
      stream.on('close', () => {
        stopWaiting();
        const status = Number(headers[':status'] ?? 0);
        if (status === 0) return reject(new Error('APNs closed the stream without an answer'));
        const reason = /"reason"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? '';
        resolve({ status, reason, retryAfter: headers['retry-after'] });
      });
      stream.end(body);
    });
  }

  private headersOf(job: AnyPush): Readonly<Record<string, string>> {
    const { topic, clock } = this.options;
    return {
      authorization: `bearer ${this.token.current()}`,
      'apns-topic': topic,
      'apns-push-type': 'alert',
      'apns-priority': job.type === 'read' ? '5' : '10',
      'apns-expiration': String(Math.floor((clock.now() + LIMITS.pushKeepMs) / 1_000)),
      'apns-collapse-id': createHash('sha256').update(job.channelId).digest('base64url'),
    };
  }
}

function alertOf(job: PushJob): string {
  const title = job.channelName || job.from;
  const body = job.channelName === '' ? job.text : `${job.from}: ${job.text}`;
  const aps = { alert: { title, body }, badge: job.badge, sound: 'default', 'thread-id': job.channelId };
  return JSON.stringify({ aps, parley: JSON.parse(payloadOf(job)) });
}

/**
 * The badge, and the app woken to take its notifications back. It is of the push type `alert`, as Apple wants it of what sets a
 * badge; there is nothing to be seen or heard in it.
 */
function badgeOf(read: PushRead): string {
  const aps = { badge: read.badge, 'content-available': 1 };
  return JSON.stringify({ aps, parley: JSON.parse(payloadOf(read)) });
}

/** https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns */
export function apnsOutcome(status: number, reasonGiven: string, afterMs: number | undefined): SendOutcome {
  const reason = `status ${status} ${reasonGiven}`.trim();
  if (status === 200) return { type: 'sent' };
  if (status === 410 || DEAD.has(reasonGiven)) return { type: 'gone', reason };
  // Wrong credentials are the operator's to mend: the notification waits for it.
  if (reasonGiven === 'ExpiredProviderToken' || OUR_FAULT.has(reasonGiven)) return { type: 'retry', reason, afterMs };
  if (status === 404) return { type: 'refused', reason }; // BadPath
  if (reasonGiven === 'IdleTimeout') return { type: 'retry', reason, afterMs };
  return outcomeOfStatus(status, afterMs);
}
