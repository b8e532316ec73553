/** A load generator: a process of its own, driven by the bench over IPC (see orders.ts). */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { makeBroadcast } from './broadcast.js';
import { belongs, Crowd } from './crowd.js';
import type { LoadResult, Order, Report } from './orders.js';
import { pace, pause } from './pace.js';
import { readHistory, requestHttp } from './requests.js';
import { Tally } from './tally.js';

const POLL_MS = 50;
/** After the last expected delivery: time for one too many. */
const EXTRA_MS = 200;
/** To a thousand users at once, timing every delivery would cost the generator more than reading it. */
const PUBLISH_TIMED_USERS = 8;

const tally = new Tally();
const crowd = new Crowd(tally);

function report(message: Report): void {
  process.send?.(message);
}

async function untilDelivered(count: number, withinSeconds: number): Promise<number> {
  const giveUp = performance.now() + withinSeconds * 1000;
  while (tally.deliveredCount < count && performance.now() < giveUp) await pause(POLL_MS);
  return tally.deliveredCount;
}

interface Offer {
  /** How many readers are due each message. */
  readonly times: number;
  readonly timedUsers: number;
  readonly send: (turn: number, dueMs: number) => void;
}

/** Offers a load and tells how it went. */
async function offer(order: Extract<Order, { type: 'direct' | 'publish' }>, plan: Offer): Promise<LoadResult> {
  const { times, send } = plan;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = tally.counts();
  let turn = 0;
  const start = performance.now() + 5;
  const measureFrom = start + order.warmUpSeconds * 1000;
  const end = measureFrom + order.seconds * 1000;
  await pace(order.rate, start, measureFrom, (dueMs) => send(turn++, dueMs));
  report({ type: 'measuring' });
  delay.enable();
  const cpu = process.cpuUsage();
  const cpuFrom = performance.now();
  tally.startTiming(plan.timedUsers);
  await pace(order.rate, measureFrom, end, (dueMs) => send(turn++, dueMs));
  report({ type: 'measured' });
  const used = process.cpuUsage(cpu);
  const processorShare = (used.user + used.system) / 1000 / (performance.now() - cpuFrom);
  delay.disable();
  await untilDelivered(before.delivered + (tally.sentCount - before.sent) * times, order.settleSeconds);
  await pause(EXTRA_MS);
  tally.stopTiming();
  const after = tally.counts();
  return {
    sent: after.sent - before.sent,
    acknowledged: after.acknowledged - before.acknowledged,
    delivered: after.delivered - before.delivered,
    refused: after.refused - before.refused,
    refusals: Object.fromEntries(tally.refusals),
    closed: after.closed - before.closed,
    ...tally.strays(before.sent, times),
    acknowledgement: encodeIntoCompressedBase64(tally.acknowledgement),
    delivery: encodeIntoCompressedBase64(tally.delivery),
    lateness: encodeIntoCompressedBase64(tally.lateness),
    processorShare,
    eventLoopDelayP99Ms: delay.percentile(99) / 1e6,
  };
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.type) {
    case 'connect': {
      const started = performance.now();
      const users = [];
      for (let user = order.first; user < order.end; user++) if (belongs(user, order.which)) users.push(user);
      await crowd.connect(order.target, users, order.overSeconds);
      return performance.now() - started;
    }
    case 'direct': {
      const { sessions } = crowd;
      return offer(order, {
        times: order.awaitDelivery ? 1 : 0,
        timedUsers: 1,
        send(turn, dueMs) {
          const session = sessions[turn % sessions.length];
          session?.sendDirect(tally.sending(session.user, dueMs));
        },
      });
    }
    case 'publish': {
      const { sessions } = crowd;
      return offer(order, {
        times: sessions.length,
        timedUsers: PUBLISH_TIMED_USERS,
        send(turn, dueMs) {
          const session = sessions[turn % order.publishers];
          session?.publish(tally.sending(session.user, dueMs));
        },
      });
    }
    case 'make_broadcast':
      return makeBroadcast(crowd.parleySessions, order.publishers);
    case 'await_deliveries':
      return untilDelivered(order.count, order.withinSeconds);
    case 'history':
      return readHistory(crowd.parleySessions, order);
    case 'http':
      return requestHttp(order);
    case 'write_ledger':
      tally.ledger.write(order.file);
      return undefined;
    case 'disconnect':
      crowd.disconnect(order.which);
      return undefined;
  }
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (value) => report({ type: 'done', value }),
    (thrown: unknown) => report({ type: 'failed', sentence: String(thrown) }),
  );
});
process.on('disconnect', () => process.exit(0));
