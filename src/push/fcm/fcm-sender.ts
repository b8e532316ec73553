/** Firebase Cloud Messaging, HTTP v1, with an access token of the service account by `google-auth-library`. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { PushJob, PushRead } from '../../core/push.js';
import type { HttpPoster } from '../http-post.js';
import { Credentials, outcomeOfStatus, type PushSender, payloadOf, retryAfterMs, type SendOutcome } from '../sender.js';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';

export interface FcmCredentials {
  readonly projectId: string;
  readonly clientEmail: string;
  readonly privateKey: string;
  readonly tokenUri: string;
}

/** A service account's key file, as Google's console gives it. Throws `invalid_argument` that says what is wrong. */
export function loadFcmCredentials(file: string): FcmCredentials {
  const wrong = (why: string) =>
    new ParleyError('invalid_argument', { sentence: `The FCM credentials in ${file} cannot be used: ${why}.` });
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read');
  }
  const text = (name: string): string => {
    const value = parsed[name];
    if (typeof value !== 'string' || value === '') throw wrong(`it lacks ${name}`);
    return value;
  };
  const privateKey = text('private_key');
  if (!privateKey.includes('PRIVATE KEY')) throw wrong('private_key is no key in PEM');
  const [projectId, clientEmail, tokenUri] = [text('project_id'), text('client_email'), text('token_uri')];
  return { projectId, clientEmail, privateKey, tokenUri };
}

export interface FcmOptions {
  readonly credentials: FcmCredentials;
  /** `https://fcm.googleapis.com`, or a test's. */
  readonly baseUrl: string;
  readonly poster: HttpPoster;
  readonly clock: Clock;
}

type TokenSource = () => Promise<string>;

async function tokensOf({ clientEmail, privateKey, tokenUri }: FcmCredentials): Promise<TokenSource> {
  const { JWT } = await import('google-auth-library');
  const client = new JWT({ email: clientEmail, key: privateKey, scopes: [SCOPE] });
  client.transporter.interceptors.request.add({
    async resolved(config) {
      config.url = new URL(tokenUri);
      config.timeout = LIMITS.pushDeadlineMs;
      return config;
    },
  });
  return async () => {
    const { token } = await client.getAccessToken();
    if (!token) throw new Error('no access token was given');
    return token;
  };
}

/** Not ready until the first access token was given, and while FCM does not let its credentials send. */
export function fcmSender({ credentials, baseUrl, poster, clock }: FcmOptions): PushSender<'fcm'> {
  const url = `${baseUrl}/v1/projects/${encodeURIComponent(credentials.projectId)}/messages:send`;
  let refusal: string | undefined = 'FCM has not given an access token yet';
  let sendRefusal: string | undefined;
  const known = new Credentials();
  let tokens: Promise<TokenSource> | undefined;
  const accessToken = async (): Promise<string> => {
    tokens ??= tokensOf(credentials);
    try {
      const token = await (await tokens)();
      refusal = undefined;
      return token;
    } catch (error) {
      refusal = `FCM gives no access token for its credentials: ${error instanceof Error ? error.message : error}`;
      throw error;
    }
  };
  const post = async (message: string): Promise<SendOutcome> => {
    try {
      const headers = { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' };
      const { status, headers: answered, body } = await poster.post(url, headers, message);
      if (status === 401) tokens = undefined; // it was not taken, and is kept until it expires: another one
      sendRefusal = mayNotSend(status, body) ? `FCM does not let its credentials send: status ${status}` : undefined;
      const outcome = fcmOutcome(status, body, retryAfterMs(answered['retry-after'], clock.now()));
      return known.judge(outcome, codeOf(body) === 'SENDER_ID_MISMATCH');
    } catch (error) {
      return { type: 'retry', reason: error instanceof Error ? error.message : String(error), afterMs: undefined };
    }
  };
  return {
    notReady: () => refusal ?? sendRefusal,
    check: () =>
      accessToken().then(
        () => undefined,
        () => undefined,
      ),
    send: ({ token }, job) => post(messageOf(token, job)),
    takeBack: ({ token }, read) => post(takingBack(token, read)),
  };
}

function messageOf(token: string, job: PushJob): string {
  const title = job.channelName || job.from;
  const body = job.channelName === '' ? job.text : `${job.from}: ${job.text}`;
  return JSON.stringify({
    message: {
      token,
      notification: { title, body },
      data: { parley: payloadOf(job) },
      android: {
        collapse_key: job.channelId,
        priority: 'HIGH',
        ttl: `${LIMITS.pushKeepMs / 1_000}s`,
        notification: { tag: job.channelId, notification_count: job.badge },
      },
    },
  });
}

/**
 * Data alone: the app is woken without a notification. With the channel's key it takes the place of an earlier one that waits at
 * FCM, though not that of a notification: those have no key there. `tag` replaces one that the phone shows.
 */
function takingBack(token: string, read: PushRead): string {
  const android = { collapse_key: read.channelId, priority: 'NORMAL', ttl: `${LIMITS.pushKeepMs / 1_000}s` };
  return JSON.stringify({ message: { token, data: { parley: payloadOf(read) }, android } });
}

const codeOf = (body: string): string | undefined => /"errorCode"\s*:\s*"([A-Z_]+)"/.exec(body)?.[1];

/** No access, the service switched off, or no such project: what is said of the message has a code. */
const mayNotSend = (status: number, body: string): boolean =>
  (status === 401 || status === 403 || status === 404) && codeOf(body) === undefined;

/** By FCM's ErrorCode where it names one: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode */
function fcmOutcome(status: number, body: string, afterMs: number | undefined): SendOutcome {
  if (status >= 200 && status < 300) return { type: 'sent' };
  const code = codeOf(body);
  const reason = `status ${status} ${code ?? ''}`.trim();
  switch (code) {
    case 'UNREGISTERED':
    case 'SENDER_ID_MISMATCH':
      return { type: 'gone', reason };
    case 'QUOTA_EXCEEDED':
      // Google asks for a minute at least where it says nothing.
      return { type: 'retry', reason, afterMs: afterMs ?? 60_000 };
    case 'UNAVAILABLE':
    case 'INTERNAL':
    case 'THIRD_PARTY_AUTH_ERROR':
      return { type: 'retry', reason, afterMs };
    case 'INVALID_ARGUMENT':
      return /registration token/i.test(body) ? { type: 'gone', reason } : { type: 'refused', reason };
    default:
      // The operator's to mend: the notification waits for it.
      return mayNotSend(status, body) ? { type: 'retry', reason, afterMs } : outcomeOfStatus(status, afterMs);
  }
}
