/** Stand-ins for what carries notifications, Google, Apple and an application's webhook; and the options of a server to use them. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { PushEndpoint } from '../../client/index.js';
import { RecordingServer } from '../../src/push/testing/recording-server.js';
import { temporaryFolder } from '../process/parley.js';

const ACCESS_TOKEN = 'at1';
const FCM_TOKEN = 'a token of the app';
const APNS_TOKEN = 'ab'.repeat(32);
const SECRET = 'a secret of the webhook';
const JSON_HEADERS = { 'content-type': 'application/json' };

/** What a device is told: docs/PROTOCOL.md, Push. */
export type PushPayload = Readonly<Record<string, unknown>>;

/** Credentials of a service account that asks Google at that origin for access tokens. */
function fcmOptions(folder: string, origin: string): string[] {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(folder, 'account.json');
  const account = {
    ...{ type: 'service_account', project_id: 'p', client_email: 'me@p.example' },
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `${origin}/token`,
  };
  writeFileSync(file, JSON.stringify(account));
  return ['--fcm-credentials', file, '--fcm-base-url', origin];
}

/** A key of a developer, and Apple at that origin. */
function apnsOptions(folder: string, origin: string): string[] {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const file = join(folder, 'key.p8');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const ids = ['--apns-key-id', 'KEY4567890', '--apns-team-id', 'TEAM567890', '--apns-topic', 'org.example.chat'];
  return ['--apns-key', file, ...ids, '--apns-base-url', origin];
}

/** Takes what comes with a provider token, and notes it by device. */
class Apple {
  readonly sent: { readonly path: string; readonly body: string }[] = [];
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly server: Http2Server = createServer();

  static async start(): Promise<Apple> {
    const apple = new Apple();
    apple.server.on('session', (session) => apple.sessions.add(session));
    apple.server.on('stream', async (stream, headers) => {
      let body = '';
      for await (const chunk of stream) body += chunk;
      const known = /^bearer \S+\.\S+\.\S+$/.test(String(headers.authorization));
      if (known) apple.sent.push({ path: String(headers[':path']), body });
      stream.respond({ ':status': known ? 200 : 403 });
      stream.end(known ? undefined : '{"reason":"MissingProviderToken"}');
    });
    await once(apple.server.listen(0, '127.0.0.1'), 'listening');
    return apple;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const session of this.sessions) session.destroy();
    this.server.close();
  }
}

export class PushServices {
  /** Of a server, or of its roles that send and that tell what is sent. */
  readonly options: readonly string[];
  /** By kind: where a device is reached. */
  readonly endpoints: { readonly [Kind in 'fcm' | 'apns' | 'webhook']: PushEndpoint };
  private readonly google: RecordingServer;
  private readonly apple: Apple;
  private readonly hook: RecordingServer;
  private readonly folder = temporaryFolder();

  private constructor(google: RecordingServer, apple: Apple, hook: RecordingServer) {
    this.google = google;
    this.apple = apple;
    this.hook = hook;
    google.answer = ({ url, headers }) => {
      if (url === '/token') {
        const body = JSON.stringify({ access_token: ACCESS_TOKEN, expires_in: 3_600, token_type: 'Bearer' });
        return { status: 200, headers: JSON_HEADERS, body };
      }
      return { status: headers.authorization === `Bearer ${ACCESS_TOKEN}` ? 200 : 401 };
    };
    const { path } = this.folder;
    this.options = [
      ...[...fcmOptions(path, google.origin), ...apnsOptions(path, apple.origin)],
      ...['--push-webhooks', 'true'],
    ];
    this.endpoints = {
      fcm: { kind: 'fcm', token: FCM_TOKEN },
      apns: { kind: 'apns', token: APNS_TOKEN },
      webhook: { kind: 'webhook', url: `${hook.origin}/hook`, secret: SECRET },
    };
  }

  static async start(): Promise<PushServices> {
    return new PushServices(await RecordingServer.start(), await Apple.start(), await RecordingServer.start());
  }

  /** What devices were told by that service so far; by a webhook with the right signature only. */
  told(kind: 'fcm' | 'apns' | 'webhook'): PushPayload[] {
    switch (kind) {
      case 'fcm': {
        const messages = this.google.requests.flatMap(({ url, body }) =>
          url === '/v1/projects/p/messages:send' ? [JSON.parse(String(body)).message] : [],
        );
        return messages.flatMap(({ token, data }) => (token === FCM_TOKEN ? [JSON.parse(data.parley)] : []));
      }
      case 'apns':
        return this.apple.sent.flatMap(({ path, body }) =>
          path === `/3/device/${APNS_TOKEN}` ? [JSON.parse(body).parley] : [],
        );
      case 'webhook':
        return this.hook.requests.flatMap(({ headers, body }) => {
          const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['parley-signature'])) ?? [];
          const right = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
          return hex === right ? [JSON.parse(String(body))] : [];
        });
    }
  }

  close(): void {
    for (const one of [this.google, this.apple, this.hook]) one.stop();
    this.folder.remove();
  }
}
