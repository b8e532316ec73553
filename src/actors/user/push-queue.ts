/**
 * What of a user's inbox waits for a decision about push, and the jobs that are with the push role, by channel. Pure.
 * A message waits until it is acknowledged by an active device, read, or due; what is due of one channel becomes one job.
 */

import type { ChannelId, UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { type AnyPush, orderOf, type PushJob, type PushRead } from '../../core/push.js';
import { SparseMap } from '../../core/sparse-map.js';
import { isAddressed } from './push-decision.js';

export interface PushCandidate {
  readonly inboxSeq: number;
  readonly seq: number;
  readonly messageId: string;
  readonly from: UserId;
  readonly text: string;
  /** Meant for the user in person. */
  readonly addressed: boolean;
  readonly mentioned: boolean;
  readonly createdAtMs: number;
  /** Monotonic milliseconds. */
  readonly dueAtMs: number;
}

/** A job that the push role has been told of, or will be. */
export interface OpenJob {
  readonly job: AnyPush;
  /** The first inbox position that it tells of; infinite where it tells of none. */
  readonly fromInboxSeq: number;
  /** What it tells of, the newest of it: should the newest be deleted, the rest is told of. */
  readonly told: readonly PushCandidate[];
  /** Monotonic milliseconds: when it is told again. */
  askAtMs: number;
}

interface ChannelPushes {
  /** By inbox position, ascending. */
  waiting: PushCandidate[];
  open: OpenJob | undefined;
}

const nothing = (): ChannelPushes => ({ waiting: [], open: undefined });

export class PushQueue {
  private readonly channels = new SparseMap<ChannelId, ChannelPushes>();

  get isEmpty(): boolean {
    return this.channels.size === 0;
  }

  add(channelId: ChannelId, candidate: PushCandidate): void {
    const pushes = this.channels.get(channelId) ?? nothing();
    this.channels.set(channelId, pushes);
    pushes.waiting.push(candidate);
    if (pushes.waiting.length <= LIMITS.pushWaitingPerChannelMax) return;
    // They become one job: its first position and its newest messages are what counts.
    const spare = pushes.waiting.findIndex(({ addressed }, at) => at > 0 && !addressed);
    pushes.waiting.splice(spare > 0 && spare < pushes.waiting.length - 1 ? spare : 1, 1);
  }

  /** An active device has everything up to `inboxSeq`. */
  acknowledged(inboxSeq: number): void {
    this.settle((candidate) => candidate.inboxSeq <= inboxSeq);
  }

  private settle(isSettled: (candidate: PushCandidate) => boolean): void {
    for (const [channelId, pushes] of this.channels) {
      if (pushes.waiting.some(isSettled)) pushes.waiting = pushes.waiting.filter((one) => !isSettled(one));
      this.forgetIfDone(channelId, pushes);
    }
  }

  private forgetIfDone(channelId: ChannelId, { waiting, open }: ChannelPushes): void {
    if (waiting.length === 0 && open === undefined) this.channels.delete(channelId);
  }

  /**
   * The message at `seq` was deleted: what was not told of it yet is told to nobody. A job that shows it (`isShown`) is open no
   * more, and what else it told of is decided anew. Returns whether there was one.
   */
  erased(channelId: ChannelId, seq: number, isShown: boolean): boolean {
    const pushes = this.keepOnly(channelId, (candidate) => candidate.seq !== seq);
    const told = pushes?.open?.told ?? [];
    const wasOpen = isShown && this.close(channelId);
    if (pushes === undefined || !wasOpen || told.length === 0) return wasOpen;
    pushes.waiting = [...told.map((one) => ({ ...one, dueAtMs: Number.NEGATIVE_INFINITY })), ...pushes.waiting];
    this.channels.set(channelId, pushes);
    return true;
  }

  private keepOnly(channelId: ChannelId, isLeft: (candidate: PushCandidate) => boolean): ChannelPushes | undefined {
    const pushes = this.channels.get(channelId);
    if (pushes === undefined) return undefined;
    pushes.waiting = pushes.waiting.filter(isLeft);
    if (pushes.open !== undefined) pushes.open = { ...pushes.open, told: pushes.open.told.filter(isLeft) };
    this.forgetIfDone(channelId, pushes);
    return pushes;
  }

  /** False: no message of the channel was being told. */
  private close(channelId: ChannelId): boolean {
    const pushes = this.channels.get(channelId);
    if (pushes?.open?.job.type !== 'message') return false;
    pushes.open = undefined;
    this.forgetIfDone(channelId, pushes);
    return true;
  }

  /** Gives up the messages that are wanted no more; whether there were any. */
  drop(isWanted: (job: PushJob) => boolean): boolean {
    let dropped = false;
    for (const [channelId, pushes] of this.channels) {
      if (pushes.open?.job.type !== 'message' || isWanted(pushes.open.job)) continue;
      pushes.open = undefined;
      dropped = true;
      this.forgetIfDone(channelId, pushes);
    }
    return dropped;
  }

  /** The message at `seq` was edited: what is told of it from now on is told with that text. An edit mentions nobody anew. */
  edited(channelId: ChannelId, seq: number, text: string, mentions: boolean): void {
    const pushes = this.channels.get(channelId);
    if (pushes === undefined) return;
    const asNow = (candidate: PushCandidate): PushCandidate => {
      if (candidate.seq !== seq) return candidate;
      const mentioned = candidate.mentioned && mentions;
      return { ...candidate, text, mentioned, addressed: isAddressed(channelId, mentioned) };
    };
    pushes.waiting = pushes.waiting.map(asNow);
    if (pushes.open !== undefined) pushes.open = { ...pushes.open, told: pushes.open.told.map(asNow) };
  }

  /** The user has read the channel up to `seq`. A job that shows nothing else (`isShown`) is open no more; whether there was one. */
  read(channelId: ChannelId, seq: number, isShown: boolean): boolean {
    this.keepOnly(channelId, (candidate) => candidate.seq > seq);
    return isShown && this.close(channelId);
  }

  /** Has the other devices told of it. What shows a message of the channel is open no more. */
  takeBack(read: PushRead, nowMs: number): void {
    const pushes = this.channels.get(read.channelId) ?? nothing();
    this.channels.set(read.channelId, pushes);
    pushes.open = { job: read, fromInboxSeq: Number.POSITIVE_INFINITY, told: [], askAtMs: nowMs };
  }

  /** The push role is done with the channel's jobs up to this one; returns the last of them, if it was open. */
  done(channelId: ChannelId, upTo: Pick<AnyPush, 'seq' | 'type'>): AnyPush | undefined {
    const pushes = this.channels.get(channelId);
    if (pushes?.open === undefined || orderOf(pushes.open.job) > orderOf(upTo)) return undefined;
    const { job } = pushes.open;
    pushes.open = undefined;
    this.forgetIfDone(channelId, pushes);
    return job;
  }

  /**
   * Takes what waits in channels where something is due, with all that came after it: `decide` makes one job of it, which
   * takes the place of an open one of its channel, or none. Nothing above `committedHead` is taken.
   */
  takeDue(
    nowMs: number,
    committedHead: number,
    decide: (channelId: ChannelId, candidates: readonly PushCandidate[]) => PushJob | undefined,
  ): void {
    for (const [channelId, pushes] of this.channels) {
      if (!pushes.waiting.some(({ dueAtMs, inboxSeq }) => dueAtMs <= nowMs && inboxSeq <= committedHead)) continue;
      const taken = pushes.waiting.filter(({ inboxSeq }) => inboxSeq <= committedHead);
      pushes.waiting = pushes.waiting.slice(taken.length);
      const job = decide(channelId, taken);
      const fromInboxSeq = Math.min(pushes.open?.fromInboxSeq ?? Number.POSITIVE_INFINITY, taken[0]?.inboxSeq ?? 0);
      const told = [...(pushes.open?.told ?? []), ...taken].slice(-LIMITS.pushWaitingPerChannelMax);
      if (job !== undefined) pushes.open = { job, fromInboxSeq, told, askAtMs: nowMs };
      this.forgetIfDone(channelId, pushes);
    }
  }

  /** Jobs to tell the push role of now; no messages where `quiet`. */
  takeAsks(nowMs: number, quiet: boolean): AnyPush[] {
    const jobs: AnyPush[] = [];
    for (const { open } of this.channels.values()) {
      if (open === undefined || open.askAtMs > nowMs || (quiet && open.job.type === 'message')) continue;
      open.askAtMs = nowMs + LIMITS.pushAskAgainMs;
      jobs.push(open.job);
    }
    return jobs;
  }

  /** Gives up the jobs whose newest message is older than `createdAtMs`; returns how many. */
  expire(createdAtMs: number): number {
    let expired = 0;
    for (const [channelId, pushes] of this.channels) {
      if (pushes.open === undefined || pushes.open.job.createdAtMs >= createdAtMs) continue;
      pushes.open = undefined;
      expired++;
      this.forgetIfDone(channelId, pushes);
    }
    return expired;
  }

  /** Everything up to here is settled, of an inbox that is committed up to `head`. */
  settledUpTo(head: number): number {
    let settled = head;
    for (const { waiting, open } of this.channels.values()) {
      for (const first of [open?.fromInboxSeq, waiting[0]?.inboxSeq])
        if (first !== undefined) settled = Math.min(settled, first - 1);
    }
    return settled;
  }
}
