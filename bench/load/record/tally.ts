import { build, type Histogram } from 'hdr-histogram-js';
import type { ConnectFailures } from '../generator/orders.js';
import { NOT_OF_THE_LOAD } from '../session/frame-scanner.js';
import type { LoadObserver } from '../session/session.js';
import { readAtMs } from '../transport/websocket.js';
import { Ledger } from './ledger.js';
import type { Timeline } from './timeline.js';
import { raised, type Top } from './top.js';

const HIGHEST_MICROSECONDS = 300_000_000;

export function microseconds(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
    useWebAssembly: false,
  });
}

export function record(histogram: Histogram, milliseconds: number): void {
  histogram.recordValue(Math.min(HIGHEST_MICROSECONDS, Math.max(1, Math.round(milliseconds * 1000))));
}

/** The times of one kind of messages, and how many of them there were. */
class Lane {
  readonly acknowledgement = microseconds();
  readonly delivery = microseconds();
  /** Of deliveries to those who were away when the message was due, from when they were to be back. */
  readonly afterReturn = microseconds();
  sent = 0;
  acknowledged = 0;
  refused = 0;
}

/**
 * Counts and times what comes back. A message's number is its place in this generator's order of sending, from 0, times
 * the number of generators, plus the number of this one.
 */
export class Tally implements LoadObserver {
  readonly ledger = new Ledger();
  acknowledgement = microseconds();
  delivery = microseconds();
  /** How late the generator itself was. */
  lateness = microseconds();
  connecting = microseconds();
  readonly lanes: Lane[] = [];
  timeline: Timeline | undefined;
  sentCount = 0;
  deliveredCount = 0;
  /** Events that a device had been given. */
  againCount = 0;
  /** Entries of inboxes that were not beyond those before, on the same connection. */
  cursorsBackCount = 0;
  presenceCount = 0;
  presenceFrames = 0;
  readonly refusals = new Map<number, number>();
  /** Close code → how often. */
  readonly closes = new Map<number, number>();
  connectFailures: ConnectFailures = { count: 0, first: undefined };
  private acknowledgedCount = 0;
  private deliveredToOthers = 0;
  private refusedCount = 0;
  private repeatedCount = 0;
  private closedCount = 0;
  private connectedCount = 0;
  private generator = 0;
  private generators = 1;
  /** Channels are being made: ten thousand members who are told of each other would fill the ledger. */
  private preparing = false;
  private due = new Float64Array(1 << 14);
  private deliveries = new Uint16Array(1 << 14);
  private senders = new Uint32Array(1 << 14);
  private laneOf = new Uint8Array(1 << 14);
  private channelOf = new Uint32Array(1 << 14);
  /** By the number of the channel. */
  private readonly tops: Top[] = [];
  /** Messages below this are not timed. */
  private timedFrom = Number.POSITIVE_INFINITY;
  private timed = { from: 0, to: 0 };
  /** User → when it was last to be back, having left by itself. */
  private readonly returnedMs = new Map<number, number>();
  /** Deliveries to every so manieth user are timed. */
  private timedUsers = 1;

  /** This is generator number `generator` of `generators`; before the first message. */
  enlist(generator: number, generators: number): void {
    this.generator = generator;
    this.generators = generators;
    this.preparing = true;
  }

  prepared(): void {
    this.preparing = false;
  }

  /** From the next message on, times count, from zero; so do connects. */
  startTiming(everySoManyUsers: number): void {
    this.timedUsers = everySoManyUsers;
    this.timedFrom = this.sentCount;
    this.timed = { from: this.sentCount, to: Number.POSITIVE_INFINITY };
    this.acknowledgement = microseconds();
    this.delivery = microseconds();
    this.lateness = microseconds();
    this.connecting = microseconds();
    this.connectFailures = { count: 0, first: undefined };
  }

  stopTiming(): void {
    this.timedFrom = Number.POSITIVE_INFINITY;
    this.timed = { ...this.timed, to: this.sentCount };
  }

  /** The messages that count, and the lane of each. */
  timing(): { readonly from: number; readonly to: number; readonly lanes: Uint8Array } {
    const { from, to } = this.timed;
    return { from, to: Math.min(to, this.sentCount), lanes: this.laneOf.subarray(0, this.sentCount) };
  }

  /** Notes a message that is about to be sent; returns its number. */
  sending(user: number, dueMs: number, channel: number, lane = 0): number {
    const index = this.sentCount++;
    if (index >= this.due.length) this.grow();
    this.due[index] = dueMs;
    this.senders[index] = user;
    this.laneOf[index] = lane;
    this.channelOf[index] = channel;
    const messageNumber = index * this.generators + this.generator;
    this.ledger.sent(messageNumber, user, channel);
    this.timeline?.count('sent', dueMs);
    if (index >= this.timedFrom) {
      this.lane(lane).sent++;
      record(this.lateness, performance.now() - dueMs);
    }
    return messageNumber;
  }

  /** Something else than a message began now. */
  late(dueMs: number): void {
    if (Number.isFinite(this.timedFrom)) record(this.lateness, performance.now() - dueMs);
  }

  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    this.acknowledgedCount++;
    this.ledger.acknowledged(messageNumber, seq, idHigh, idLow);
    this.timeline?.count('acknowledged', readAtMs);
    const index = this.indexOf(messageNumber);
    const channel = this.channelOf[index] ?? 0;
    this.tops[channel] = raised(this.tops[channel], seq, this.senders[index] ?? 0);
    if (index < this.timedFrom) return;
    const lane = this.lane(this.laneOf[index] ?? 0);
    lane.acknowledged++;
    if (this.returnAfter(index, this.senders[index] ?? 0) !== undefined) return;
    const tookMs = this.since(index);
    record(this.acknowledgement, tookMs);
    record(lane.acknowledgement, tookMs);
    this.timeline?.acknowledged(this.due[index] ?? 0, tookMs);
  }

  delivered(user: number, messageNumber: number, channel: number, seq: number, idHigh: number, idLow: number): void {
    if (messageNumber !== NOT_OF_THE_LOAD || !this.preparing)
      this.ledger.delivered(user, messageNumber, channel, seq, idHigh, idLow);
    if (messageNumber < 0) return;
    this.deliveredCount++;
    this.timeline?.count('delivered', readAtMs);
    if (messageNumber % this.generators !== this.generator) {
      this.deliveredToOthers++;
      return;
    }
    const index = this.indexOf(messageNumber);
    this.deliveries[index] = (this.deliveries[index] ?? 0) + 1;
    if (this.senders[index] === user) return;
    this.deliveredToOthers++;
    if (index < this.timedFrom) return;
    const lane = this.lane(this.laneOf[index] ?? 0);
    if (user % this.timedUsers !== 0) return;
    const returnedMs = this.returnAfter(index, user);
    if (returnedMs !== undefined) {
      record(lane.afterReturn, readAtMs - returnedMs);
      return;
    }
    const tookMs = this.since(index);
    record(this.delivery, tookMs);
    record(lane.delivery, tookMs);
    this.timeline?.delivered(this.due[index] ?? 0, tookMs);
  }

  cameAgain(): void {
    this.againCount++;
  }

  cursorWentBack(): void {
    this.cursorsBackCount++;
  }

  repeated(): void {
    this.repeatedCount++;
  }

  refused(messageNumber: number, code: number): void {
    this.refusedCount++;
    const index = this.indexOf(messageNumber);
    if (index >= this.timedFrom) this.lane(this.laneOf[index] ?? 0).refused++;
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  closed(_user: number, code: number): void {
    this.closedCount++;
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1);
    this.timeline?.count('closed', performance.now());
  }

  returning(user: number, dueMs: number): void {
    this.returnedMs.set(user, dueMs);
  }

  connected(_user: number, tookMs: number): void {
    this.connectedCount++;
    this.timeline?.count('connected', performance.now());
    record(this.connecting, tookMs);
  }

  connectFailed(_user: number, reason: string): void {
    const { count, first = reason } = this.connectFailures;
    this.connectFailures = { count: count + 1, first };
  }

  presence(states: number): void {
    this.presenceFrames++;
    this.presenceCount += states;
  }

  place(channelId: string): number {
    return this.ledger.place(channelId);
  }

  /** By channel. */
  acknowledgedTops(): Record<string, Top> {
    const tops: Record<string, Top> = {};
    this.tops.forEach((top, channel) => {
      tops[this.ledger.channelAt(channel)] = top;
    });
    return tops;
  }

  counts() {
    return {
      sent: this.sentCount,
      acknowledged: this.acknowledgedCount,
      delivered: this.deliveredCount,
      deliveredToOthers: this.deliveredToOthers,
      refused: this.refusedCount,
      repeated: this.repeatedCount,
      closed: this.closedCount,
      connected: this.connectedCount,
    };
  }

  lane(number: number): Lane {
    const lane = this.lanes[number] ?? new Lane();
    this.lanes[number] = lane;
    return lane;
  }

  /** Messages from number `from` on that were delivered less, and more, than `times` times. */
  strays(from: number, times: number): { readonly lost: number; readonly doubled: number } {
    let lost = 0;
    let doubled = 0;
    for (let index = from; index < this.sentCount; index++) {
      const count = this.deliveries[index] ?? 0;
      if (count < times) lost++;
      else if (count > times) doubled++;
    }
    return { lost, doubled };
  }

  private indexOf(messageNumber: number): number {
    return Math.floor(messageNumber / this.generators);
  }

  /** When the user was to be back, if that was after the message was due: how long it was away is no latency. */
  private returnAfter(index: number, user: number): number | undefined {
    const returnedMs = this.returnedMs.get(user);
    return returnedMs !== undefined && returnedMs > (this.due[index] ?? 0) ? returnedMs : undefined;
  }

  private since(index: number): number {
    return readAtMs - (this.due[index] ?? 0);
  }

  private grow(): void {
    this.due = larger(this.due, new Float64Array(this.due.length * 2));
    this.deliveries = larger(this.deliveries, new Uint16Array(this.deliveries.length * 2));
    this.senders = larger(this.senders, new Uint32Array(this.senders.length * 2));
    this.laneOf = larger(this.laneOf, new Uint8Array(this.laneOf.length * 2));
    this.channelOf = larger(this.channelOf, new Uint32Array(this.channelOf.length * 2));
  }
}

function larger<Values extends Float64Array | Uint16Array | Uint32Array | Uint8Array>(
  old: Values,
  room: Values,
): Values {
  room.set(old);
  return room;
}
