/** Requests that are answered one by one: history pages and HTTP, in an open loop. */

import { request } from 'node:http';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { directChannelId } from '../../src/core/ids.js';
import { addressOf, benchUserId } from './crowd.js';
import type { Order, RequestsResult } from './orders.js';
import { pace } from './pace.js';
import type { ParleySession } from './parley-session.js';
import { peerOf } from './session.js';
import { microseconds, record } from './tally.js';

export const BENCH_PASSWORD = 'correct horse battery staple';

async function offer(rate: number, seconds: number, ask: (turn: number) => Promise<void>): Promise<RequestsResult> {
  const latency = microseconds();
  const open = new Set<Promise<void>>();
  let answered = 0;
  let failed = 0;
  let failure: string | undefined;
  let turn = 0;
  const start = performance.now();
  await pace(rate, start, start + seconds * 1000, (dueMs) => {
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

export function readHistory(
  sessions: readonly ParleySession[],
  order: Extract<Order, { type: 'history' }>,
): Promise<RequestsResult> {
  const heads = new Map<string, number>();
  return offer(order.rate, order.seconds, async (turn) => {
    const session = sessions[turn % sessions.length];
    if (session === undefined) return;
    const channelId = directChannelId(benchUserId(session.user), benchUserId(peerOf(session.user)));
    const head = heads.get(channelId) ?? 0;
    const beforeSeq = order.from === 'head' ? 0 : Math.floor(Math.random() * head);
    const { history } = await session.request({ readHistory: { channelId, beforeSeq, limit: order.page } });
    heads.set(channelId, history?.head ?? 0);
  });
}

export function requestHttp(order: Extract<Order, { type: 'http' }>): Promise<RequestsResult> {
  return offer(order.rate, order.seconds, (turn) => {
    const user = turn % order.accounts;
    return order.what === 'login'
      ? http(order.port, turn, 'POST', '/v1/sessions', { userId: benchUserId(user), password: BENCH_PASSWORD })
      : http(order.port, turn, 'GET', '/v1/gateways', undefined, order.tokens[user]);
  });
}

function http(
  port: number,
  turn: number,
  method: string,
  path: string,
  body: object | undefined,
  token?: string,
): Promise<void> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers: Record<string, string> = {
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, localAddress: addressOf(turn * 200), agent: false },
      (response) => {
        let answer = '';
        response.on('data', (part: Buffer) => {
          answer += part.toString();
        });
        response.on('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve();
          else reject(new Error(`${statusCode} ${answer.slice(0, 200)}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}
