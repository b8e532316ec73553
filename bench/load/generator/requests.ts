/** Requests that are answered one by one: history pages and HTTP, in an open loop. */

import { request } from 'node:http';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { systemRandom } from '../../../src/core/random.js';
import { microseconds, record } from '../record/tally.js';
import type { ParleySession } from '../session/parley-session.js';
import { ANSWER_WITHIN_MS } from '../transport/connection.js';
import { addressOf } from './crowd.js';
import type { RequestsResult, UserRange } from './orders.js';
import { pace } from './pace.js';

export const BENCH_PASSWORD = 'correct horse battery staple';

/** An answer that is no success. */
export class HttpError extends Error {
  readonly status: number;
  /** What the server says; 0 where it says nothing. */
  readonly retryAfterMs: number;

  constructor(status: number, answer: string) {
    super(`${status} ${answer.slice(0, 200)}`);
    this.status = status;
    this.retryAfterMs = Number(/"retryAfterMs":(\d+)/.exec(answer)?.[1] ?? 0);
  }
}

interface Offered {
  readonly rate: number;
  readonly seconds: number;
  /** Before each request, with when it was due. */
  readonly onTurn?: (dueMs: number) => void;
}

async function offer(
  { rate, seconds, onTurn }: Offered,
  ask: (turn: number) => Promise<void>,
): Promise<RequestsResult> {
  const latency = microseconds();
  const open = new Set<Promise<void>>();
  let answered = 0;
  let failed = 0;
  let failure: string | undefined;
  let turn = 0;
  const start = performance.now();
  await pace(rate, start, start + seconds * 1000, (dueMs) => {
    onTurn?.(dueMs);
    const asked = ask(turn++).then(
      () => {
        answered++;
        record(latency, performance.now() - dueMs);
      },
      (thrown: unknown) => {
        failed++;
        failure ??= String(thrown);
      },
    );
    open.add(asked);
    void asked.finally(() => open.delete(asked));
  });
  await Promise.all(open);
  return { answered, failed, failure, latency: encodeIntoCompressedBase64(latency) };
}

export interface HistoryPlan extends Offered {
  readonly from: 'head' | 'anywhere';
  readonly page: number;
}

export function readHistory(sessions: readonly ParleySession[], plan: HistoryPlan): Promise<RequestsResult> {
  const heads = new Map<string, number>();
  return offer(plan, async (turn) => {
    const session = sessions[turn % sessions.length];
    if (session === undefined) return;
    const { channelId } = session.direct;
    const head = heads.get(channelId) ?? 0;
    const beforeSeq = plan.from === 'head' ? 0 : Math.floor(systemRandom.fraction() * head);
    const { history } = await session.request({ readHistory: { channelId, beforeSeq, limit: plan.page } });
    heads.set(channelId, history?.head ?? 0);
  });
}

export interface HttpPlan extends Offered {
  /** `withinMs`: how long an answer may take; default: ten seconds. */
  readonly api: { readonly host: string; readonly port: number; readonly withinMs?: number };
  readonly what: 'login' | 'gateways';
  readonly users: UserRange;
  readonly userId: (user: number) => string;
  readonly token: (user: number) => string;
}

export function requestHttp(plan: HttpPlan): Promise<RequestsResult> {
  const { api, what, users, userId, token } = plan;
  return offer(plan, async (turn) => {
    const user = users.first + (turn % (users.end - users.first));
    await (what === 'login'
      ? http(api, addressOf(turn * 200), 'POST', '/v1/sessions', { userId: userId(user), password: BENCH_PASSWORD })
      : http(api, addressOf(turn * 200), 'GET', '/v1/gateways', undefined, token(user)));
  });
}

/** A request of its own connection, from an address of its own; answers with the JSON it got. */
export async function postJson(
  api: HttpPlan['api'],
  fromAddress: string,
  path: string,
  body: object,
): Promise<unknown> {
  return JSON.parse(await http(api, fromAddress, 'POST', path, body));
}

function http(
  { host, port, withinMs = ANSWER_WITHIN_MS }: HttpPlan['api'],
  fromAddress: string,
  method: string,
  path: string,
  body: object | undefined,
  token?: string,
): Promise<string> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers: Record<string, string> = {
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const from = host.startsWith('127.') ? { localAddress: fromAddress } : {};
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path, headers, ...from, agent: false, timeout: withinMs };
    const sent = request(options, (response) => {
      let answer = '';
      response.on('data', (part: Buffer) => {
        answer += part.toString();
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(answer);
        else reject(new HttpError(statusCode, answer));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${withinMs} ms`)));
    sent.on('error', reject);
    sent.end(text);
  });
}
