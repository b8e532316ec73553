/** Plays a generator's part of a scenario: its lines at their rates, all at once, and what is asked of it afterwards. */
import { availableParallelism, hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { ChannelLog } from '../../../checker/history.js';
import { systemClock } from '../../../src/core/clock.js';
import { seededRandom } from '../../../src/core/random.js';
import { LOGS_WITHIN_MS, readLog } from '../record/read-log.js';
import type { Tally } from '../record/tally.js';
import { Timeline } from '../record/timeline.js';
import type { Top } from '../record/top.js';
import type { ParleySession } from '../session/parley-session.js';
import type { Traffic } from '../transport/connection.js';
import { Awaited } from './awaited.js';
import type { Crowd } from './crowd.js';
import {
  type Aftermath,
  DELAY_RESOLUTION_MS,
  type LaneOrder,
  type LaneResult,
  type LogsRead,
  type Order,
  type PlayResult,
  type Progress,
} from './orders.js';
import { pace, pause } from './pace.js';
import { readHistory, requestHttp } from './requests.js';

type PlayOrder = Extract<Order, { type: 'play' }>;
type Phase = (phase: 'measuring' | 'measured') => void;

export class Player {
  private readonly tally: Tally;
  private readonly crowd: Crowd;
  private readonly awaited = new Awaited();
  private lanes: readonly LaneOrder[] = [];

  constructor(tally: Tally, crowd: Crowd) {
    this.tally = tally;
    this.crowd = crowd;
  }

  async play(order: PlayOrder, onPhase: Phase): Promise<PlayResult> {
    const { tally } = this;
    this.lanes = order.lanes;
    tally.prepared();
    const start = performance.now() + 5;
    const measureFrom = start + order.warmUpSeconds * 1000;
    const end = measureFrom + order.seconds * 1000;
    const turns = order.lanes.map((lane, number) => this.turnOf(lane, number));
    const run = (from: number, until: number): Promise<unknown> =>
      Promise.all(
        order.lanes.map(({ rate }, number) => {
          const turn = turns[number];
          return turn === undefined || rate <= 0 ? undefined : pace(rate, from, until, turn);
        }),
      );
    await run(start, measureFrom);
    if (performance.now() < measureFrom) await pause(measureFrom - performance.now());
    tally.timeline = new Timeline(measureFrom, order.momentMs);
    tally.startTiming(order.timedUsers);
    onPhase('measuring');
    const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    delay.enable();
    const cpu = process.cpuUsage();
    const before = this.traffic();
    const asked = Promise.all(order.lanes.map((lane) => this.requestsOf(lane, order.seconds)));
    await run(measureFrom, end);
    if (performance.now() < end) await pause(end - performance.now());
    const used = process.cpuUsage(cpu);
    const tookMs = performance.now() - measureFrom;
    const after = this.traffic();
    delay.disable();
    onPhase('measured');
    const requests = await asked;
    return {
      lanes: requests.filter((result) => result !== undefined),
      lateness: encodeIntoCompressedBase64(tally.lateness),
      processorShare: (used.user + used.system) / 1000 / tookMs,
      eventLoopDelayP99Ms: delay.percentile(99) / 1e6,
      host: hostname(),
      cores: availableParallelism(),
      traffic: {
        requests: after.requests - before.requests,
        bytesOut: after.bytesOut - before.bytesOut,
        bytesIn: after.bytesIn - before.bytesIn,
      },
    };
  }

  cut({ share, seed }: Extract<Order, { type: 'cut' }>): number {
    const chosen = this.choose(share, seed);
    for (const device of chosen) device.cut();
    return chosen.length;
  }

  async absence({ share, seed, forSeconds, overSeconds }: Extract<Order, { type: 'absence' }>): Promise<number> {
    const chosen = this.choose(share, seed);
    for (const device of chosen) device.close();
    await pause(forSeconds * 1000);
    await this.crowd.return(chosen, overSeconds);
    return chosen.length;
  }

  async watchPresence({ watchers, watched }: Extract<Order, { type: 'watch_presence' }>): Promise<void> {
    const userIds = Array.from({ length: watched.end - watched.first }, (_, index) =>
      this.crowd.userId(watched.first + index),
    );
    for (let user = watchers.first; user < watchers.end; user++)
      await this.crowd.device(user)?.request({ watchPresence: { userIds } });
  }

  gather(overSeconds: number): Promise<void> {
    return this.crowd.return(
      this.crowd.all.filter((device) => !device.isWanted),
      overSeconds,
    );
  }

  async readLogs(channels: Extract<Order, { type: 'read_logs' }>['channels']): Promise<LogsRead> {
    const logs: ChannelLog[] = [];
    const unread: string[] = [];
    const patience = { clock: systemClock, giveUpAt: systemClock.monotonic() + LOGS_WITHIN_MS };
    for (const { channelId, reader } of channels) {
      const device = this.crowd.device(reader);
      if (device === undefined) continue;
      await readLog(device, channelId, patience).then(
        (log) => logs.push(log),
        (thrown: unknown) => unread.push(`${channelId}: ${String(thrown)}`),
      );
    }
    return { logs, unread };
  }

  progress(): Progress {
    const { sent, acknowledged, deliveredToOthers, refused } = this.tally.counts();
    let unsettled = 0;
    let catchingUp = 0;
    let connected = 0;
    let gaveUp = 0;
    for (const device of this.crowd.all) {
      unsettled += device.unsettledCount;
      catchingUp += device.catchingUpCount;
      if (device.isWelcome) connected++;
      if (device.hasGivenUp) gaveUp++;
    }
    const away = this.crowd.all.length - connected;
    const { connectFailures } = this.tally;
    const told = { sent, acknowledged, deliveredToOthers, refused, unsettled, connected, away, gaveUp };
    return { ...told, catchingUp, behind: this.awaited.count(), connectFailures };
  }

  tops(): Record<string, Top> {
    return this.tally.acknowledgedTops();
  }

  due({ channels }: Extract<Order, { type: 'due' }>): void {
    this.awaited.expect(channels, (user) => this.crowd.device(user));
  }

  catchUp(): void {
    for (const device of this.crowd.parleySessions) device.catchUpAll();
  }

  aftermath(): Aftermath {
    const { tally } = this;
    const timing = tally.timing();
    return {
      timeline: tally.timeline?.moments() ?? [],
      refusals: Object.fromEntries(tally.refusals),
      repeated: tally.counts().repeated,
      again: tally.againCount,
      cursorsBack: tally.cursorsBackCount,
      closes: Object.fromEntries(tally.closes),
      connecting: encodeIntoCompressedBase64(tally.connecting),
      connectFailures: tally.connectFailures,
      presenceFrames: tally.presenceFrames,
      presenceStates: tally.presenceCount,
      absent: this.crowd.all.flatMap((device) =>
        device.isWelcome && device.unsettledCount === 0 ? [] : [device.user],
      ),
      timed: {
        ...timing,
        lanes: Buffer.from(timing.lanes).toString('base64'),
        names: this.lanes.map(({ name }) => name),
      },
      lanes: this.lanes.flatMap((lane, number) => this.messagesOf(lane, number)),
    };
  }

  private choose(share: number, seed: number): ParleySession[] {
    const random = seededRandom(seed);
    return this.crowd.parleySessions.filter(() => random.fraction() < share);
  }

  private traffic(): Traffic {
    const sum: Traffic = { requests: 0, bytesOut: 0, bytesIn: 0 };
    for (const device of this.crowd.all) {
      const { requests, bytesOut, bytesIn } = device.traffic();
      sum.requests += requests;
      sum.bytesOut += bytesOut;
      sum.bytesIn += bytesIn;
    }
    return sum;
  }

  /** What a lane does at each due time; undefined for lanes of requests that are answered one by one. */
  private turnOf(lane: LaneOrder, number: number): ((dueMs: number) => void) | undefined {
    let turn = 0;
    switch (lane.kind) {
      case 'direct': {
        const { first, end } = lane.users;
        return (dueMs) => {
          const device = this.nextPresent(end - first, () => first + (turn++ % (end - first)));
          device?.sendDirect(this.tally.sending(device.user, dueMs, device.direct.place, number));
        };
      }
      case 'channels': {
        const { channels } = lane;
        return (dueMs) => {
          const { channelId, writers } = channels[turn % channels.length] ?? { channelId: '', writers: [] };
          let place = Math.floor(turn++ / channels.length);
          const device = this.nextPresent(writers.length, () => writers[place++ % writers.length] ?? -1);
          const to = device?.converse({ channelId }, channelId);
          if (to !== undefined) device?.send(to, this.tally.sending(device.user, dueMs, to.place, number));
        };
      }
      case 'flap': {
        const { first, end } = lane.users;
        return (dueMs) => {
          this.tally.late(dueMs);
          const device = this.crowd.device(first + (turn++ % (end - first)));
          if (device?.isConnected) device.close();
          else void device?.arrive(dueMs);
        };
      }
      case 'history':
      case 'login':
      case 'discovery':
        return undefined;
    }
  }

  /** The first of so many next users who did not leave; who lost a connection sends when it is back. Undefined: all left. */
  private nextPresent(count: number, next: () => number): ParleySession | undefined {
    for (let tried = 0; tried < count; tried++) {
      const device = this.crowd.device(next());
      if (device?.isWanted) return device;
    }
    return undefined;
  }

  private async requestsOf(lane: LaneOrder, seconds: number): Promise<LaneResult | undefined> {
    const { name, rate } = lane;
    // A share of nobody.
    if (rate <= 0) return undefined;
    const onTurn = (dueMs: number): void => this.tally.late(dueMs);
    if (lane.kind === 'history') {
      const plan = { from: 'anywhere', rate, seconds, page: lane.page, onTurn } as const;
      const result = await readHistory(this.crowd.parleySessions, plan);
      return { type: 'requests', name, ...result };
    }
    if (lane.kind !== 'login' && lane.kind !== 'discovery') return undefined;
    const { users, api } = lane;
    const what = lane.kind === 'login' ? 'login' : 'gateways';
    const userId = (user: number): string => this.crowd.userId(user);
    const token = (user: number): string => this.crowd.device(user)?.token ?? '';
    const result = await requestHttp({ api, what, rate, seconds, users, userId, token, onTurn });
    return { type: 'requests', name, ...result };
  }

  private messagesOf(lane: LaneOrder, number: number): LaneResult[] {
    if (lane.kind !== 'direct' && lane.kind !== 'channels') return [];
    const { sent, acknowledged, refused, acknowledgement, delivery, afterReturn } = this.tally.lane(number);
    return [
      {
        type: 'messages',
        name: lane.name,
        sent,
        acknowledged,
        refused,
        acknowledgement: encodeIntoCompressedBase64(acknowledgement),
        delivery: encodeIntoCompressedBase64(delivery),
        afterReturn: encodeIntoCompressedBase64(afterReturn),
      },
    ];
  }
}
