/** A load generator: a process of its own, driven by the bench over IPC or a socket (see orders.ts, link.ts). */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { unreachable } from '../../../src/core/errors.js';
import { Tally } from '../record/tally.js';
import { REPEAT_FOR_MS } from '../session/parley-session.js';
import { makeChannel } from './channel-maker.js';
import { belongs, Crowd } from './crowd.js';
import { type Link, openLink } from './link.js';
import type { LoadResult, Order } from './orders.js';
import { pace, pause } from './pace.js';
import { Player } from './player.js';
import { readHistory, requestHttp } from './requests.js';

const BENCH_ORDERS = [
  'connect',
  'direct',
  'publish',
  'make_broadcast',
  'await_deliveries',
  'history',
  'http',
  'write_ledger',
  'disconnect',
] as const;
const POLL_MS = 50;
/** After the last expected delivery: time for one too many. */
const EXTRA_MS = 200;
const LAST_ANSWER_MS = 10_000;
/** To a thousand users at once, timing every delivery would cost the generator more than reading it. */
const PUBLISH_TIMED_USERS = 8;

const tally = new Tally();
const crowd = new Crowd(tally);
const player = new Player(tally, crowd);
type ScenarioOrder = Exclude<Order, { type: (typeof BENCH_ORDERS)[number] }>;
type Phase = (phase: 'measuring' | 'measured') => void;

async function untilDelivered(count: number, withinSeconds: number): Promise<number> {
  const giveUp = performance.now() + withinSeconds * 1000;
  while (tally.deliveredCount < count && performance.now() < giveUp) await pause(POLL_MS);
  return tally.deliveredCount;
}

/** A refused send is repeated for a while; the answer to the last attempt may take as long as any. */
async function untilSettled(): Promise<void> {
  const giveUp = performance.now() + REPEAT_FOR_MS + LAST_ANSWER_MS;
  while (crowd.hasUnsettled && performance.now() < giveUp) await pause(POLL_MS);
}

interface Offer {
  /** How many readers are due each message. */
  readonly times: number;
  readonly timedUsers: number;
  readonly send: (turn: number, dueMs: number) => void;
}

/** Offers a load and tells how it went. */
async function offer(
  order: Extract<Order, { type: 'direct' | 'publish' }>,
  plan: Offer,
  onPhase: Phase,
): Promise<LoadResult> {
  const { times, send } = plan;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = tally.counts();
  let turn = 0;
  const start = performance.now() + 5;
  const measureFrom = start + order.warmUpSeconds * 1000;
  const end = measureFrom + order.seconds * 1000;
  await pace(order.rate, start, measureFrom, (dueMs) => send(turn++, dueMs));
  onPhase('measuring');
  delay.enable();
  const cpu = process.cpuUsage();
  const cpuFrom = performance.now();
  tally.startTiming(plan.timedUsers);
  await pace(order.rate, measureFrom, end, (dueMs) => send(turn++, dueMs));
  onPhase('measured');
  const used = process.cpuUsage(cpu);
  const processorShare = (used.user + used.system) / 1000 / (performance.now() - cpuFrom);
  delay.disable();
  await untilSettled();
  await untilDelivered(before.delivered + (tally.sentCount - before.sent) * times, order.settleSeconds);
  await pause(EXTRA_MS);
  tally.stopTiming();
  const after = tally.counts();
  return {
    sent: after.sent - before.sent,
    acknowledged: after.acknowledged - before.acknowledged,
    delivered: after.delivered - before.delivered,
    refused: after.refused - before.refused,
    repeated: after.repeated - before.repeated,
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

function carryOut(order: Order, onPhase: Phase): unknown {
  switch (order.type) {
    case 'connect':
      return connect(order);
    case 'direct': {
      const { parleySessions: devices, sessions } = crowd;
      const places = devices.map(({ direct }) => direct.place);
      const plan = {
        times: order.awaitDelivery ? 1 : 0,
        timedUsers: 1,
        send(turn: number, dueMs: number): void {
          const session = sessions[turn % sessions.length];
          session?.sendDirect(tally.sending(session.user, dueMs, places[turn % sessions.length] ?? 0));
        },
      };
      return offer(order, plan, onPhase);
    }
    case 'publish': {
      const { parleySessions: devices, sessions } = crowd;
      const place = devices[0]?.channel?.place ?? 0;
      const plan = {
        times: sessions.length,
        timedUsers: PUBLISH_TIMED_USERS,
        send(turn: number, dueMs: number): void {
          const session = sessions[turn % order.publishers];
          session?.publish(tally.sending(session.user, dueMs, place));
        },
      };
      return offer(order, plan, onPhase);
    }
    case 'make_broadcast':
      return makeBroadcast(order.publishers);
    case 'await_deliveries':
      return untilDelivered(order.count, order.withinSeconds);
    case 'history':
      return readHistory(crowd.parleySessions, order);
    case 'http': {
      const { port, what, rate, seconds, accounts, tokens } = order;
      const token = (user: number): string => tokens[user] ?? '';
      const userId = (user: number): string => crowd.userId(user);
      const [api, users] = [
        { host: '127.0.0.1', port },
        { first: 0, end: accounts },
      ];
      return requestHttp({ api, what, rate, seconds, users, userId, token });
    }
    case 'write_ledger':
      return tally.ledger.write(order.file);
    case 'disconnect':
      return crowd.disconnect(order.which);
    default:
      return carryOutOfScenario(order, onPhase);
  }
}

function carryOutOfScenario(order: ScenarioOrder, onPhase: Phase): unknown {
  switch (order.type) {
    case 'enlist':
      return tally.enlist(order.generator, order.generators);
    case 'make_channel': {
      const owner = crowd.device(order.members.first);
      if (owner === undefined) throw new Error('the first member of a channel is not connected here');
      return makeChannel(owner, (user) => crowd.userId(user), order);
    }
    case 'play':
      return player.play(order, onPhase);
    case 'cut':
      return player.cut(order);
    case 'absence':
      return player.absence(order);
    case 'watch_presence':
      return player.watchPresence(order);
    case 'gather':
      return player.gather(order.overSeconds);
    case 'read_logs':
      return player.readLogs(order.channels);
    case 'progress':
      return player.progress();
    case 'tops':
      return player.tops();
    case 'due':
      return player.due(order);
    case 'catch_up':
      return player.catchUp();
    case 'aftermath':
      return player.aftermath();
    case 'take_ledger':
      return ledgerSlice(order);
    default:
      return unreachable(order);
  }
}

/** As it is when its first bytes are taken. */
let takenLedger: Buffer = Buffer.alloc(0);

function ledgerSlice({ from, length }: Extract<Order, { type: 'take_ledger' }>): string {
  if (from === 0) takenLedger = tally.ledger.bytes();
  return takenLedger.subarray(from, from + length).toString('base64');
}

async function connect(order: Extract<Order, { type: 'connect' }>): Promise<number> {
  const started = performance.now();
  const users = [];
  for (let user = order.first; user < order.end; user++) if (belongs(user, order.which)) users.push(user);
  await crowd.connect(order.target, users, order.overSeconds);
  return performance.now() - started;
}

async function makeBroadcast(writers: number): Promise<number> {
  const devices = crowd.parleySessions;
  const [owner] = devices;
  if (owner === undefined) throw new Error('nobody to make a channel');
  const members = { first: owner.user, end: owner.user + devices.length };
  const userId = (user: number): string => crowd.userId(user);
  const { channelId, head } = await makeChannel(owner, userId, { kind: 'broadcast', name: 'bench', members, writers });
  for (const device of devices) device.channel = device.converse({ channelId }, channelId);
  return head;
}

const link: Link = await openLink(async (id, order) => {
  const onPhase: Phase = (phase) => link.report({ id, type: phase });
  try {
    link.report({ id, type: 'done', value: await carryOut(order, onPhase) });
  } catch (thrown) {
    link.report({ id, type: 'failed', sentence: String(thrown) });
  }
});
