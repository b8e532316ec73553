/** One HTTP POST to an address that a user named: no redirects, no private network, bounded in time and in bytes. */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { LIMITS } from '../core/limits.js';
import { type AddressRules, checkPushUrl, publicLookup, refusalOf } from './addresses.js';

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The first bytes of it. */
  readonly body: string;
}

export interface HttpPoster {
  /** Rejects when there is no answer: with `push_endpoint_refused` for an address that is none, else with what went wrong. */
  post(url: string, headers: Readonly<Record<string, string | number>>, body: Uint8Array | string): Promise<HttpReply>;
  close(): void;
}

const REPLY_BYTES_MAX = 16 * 1024;
const SOCKETS_PER_HOST_MAX = 16;
/** Of one host; an idle one ends after IDLE_MS, whatever its server says. */
const SOCKETS_IDLE_MAX = 4;
const IDLE_MS = 15_000;

export function createHttpPoster(rules: AddressRules, deadlineMs: number = LIMITS.pushDeadlineMs): HttpPoster {
  const options = {
    keepAlive: true,
    maxSockets: SOCKETS_PER_HOST_MAX,
    maxFreeSockets: SOCKETS_IDLE_MAX,
    timeout: IDLE_MS,
    lookup: publicLookup(rules),
  };
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);
  return {
    async post(text, headers, body) {
      const url = checkPushUrl(text, rules);
      const isPlain = url.protocol === 'http:';
      const send = isPlain ? httpRequest : httpsRequest;
      return new Promise<HttpReply>((resolve, reject) => {
        const signal = AbortSignal.timeout(deadlineMs);
        // A request that waits for a connection hears of its signal only with one.
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        const request = send(url, { method: 'POST', headers, agent: isPlain ? plain : secure, signal }, (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes <= REPLY_BYTES_MAX) chunks.push(chunk);
            else response.destroy();
          });
          response.on('error', reject);
          response.on('close', () => {
            const { statusCode: status = 0, headers: answered } = response;
            resolve({ status, headers: answered, body: Buffer.concat(chunks).toString('utf8') });
          });
        });
        request.on('error', (error) => reject(refusalOf(error) ?? error));
        request.end(body);
      });
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}
