/** The newest events of a channel in memory: pushed by each message, read by each page of recent history. */
import { RecentBudget, RecentEvents } from '../../../src/cluster/recent-events.js';
import { LIMITS } from '../../../src/core/limits.js';
import type { EncodedEvent } from '../../../src/protocol/encoded-event.js';
import type { Candidate, MicroCase } from './case.js';
import { sampleEncoded } from './sample.js';

const CHANNELS = 1_000;
const PAGE = 50;
const EVENT = sampleEncoded(1);

interface Ring {
  push(seq: number, event: EncodedEvent): void;
  /** The newest page, up to `head`. */
  page(head: number): number;
}

function bareRing(): Ring {
  const events: EncodedEvent[] = [];
  return {
    push(_seq, event) {
      events.push(event);
      if (events.length > LIMITS.recentEventsMax) events.shift();
    },
    page: () => events.slice(-PAGE).length,
  };
}

function recentEvents(budget: RecentBudget): Ring {
  const ring = new RecentEvents(budget, LIMITS.recentEventsMax, LIMITS.recentBytesMax);
  return {
    push: (seq, event) => ring.push(seq, event),
    page: (head) => ring.slice(Math.max(1, head - PAGE + 1), head + 1)?.length ?? 0,
  };
}

function candidate(name: string, rings: readonly Ring[], what: 'push' | 'page'): Candidate {
  const heads = rings.map(() => 0);
  const push = (index: number): void => {
    const channel = index % rings.length;
    const seq = (heads[channel] ?? 0) + 1;
    heads[channel] = seq;
    rings[channel]?.push(seq, EVENT);
  };
  if (what === 'page') for (let index = 0; index < rings.length * PAGE; index++) push(index);
  let read = 0;
  const page = (index: number): void => {
    const channel = index % rings.length;
    read += rings[channel]?.page(heads[channel] ?? 0) ?? 0;
  };
  const work = what === 'push' ? push : page;
  return {
    name,
    run(count) {
      for (let index = 0; index < count; index++) work(index);
      if (what === 'page' && read === 0) throw new Error('nothing was read');
    },
  };
}

function open(what: 'push' | 'page'): Candidate[] {
  const budget = new RecentBudget(LIMITS.recentTotalBytesMax);
  const bare = Array.from({ length: CHANNELS }, bareRing);
  const rings = Array.from({ length: CHANNELS }, () => recentEvents(budget));
  return [candidate('bare arrays', bare, what), candidate('Parley', rings, what)];
}

export const ringPush: MicroCase = {
  name: 'ring: push',
  one: 'an event, a thousand channels in turn',
  count: 500_000,
  open: () => open('push'),
};

export const ringPage: MicroCase = {
  name: 'ring: read',
  one: 'a page of 50 events, a thousand channels in turn',
  count: 500_000,
  open: () => open('page'),
};
