/** Before the clock starts: users are shared among the generators, connected, and put into their channels. */

import type { LaneOrder, UserRange } from '../load/generator/orders.js';
import { pause } from '../load/generator/pace.js';
import type { Talk, Variant } from '../load/scenario/scenario.js';
import { talkersOf } from '../load/scenario/transports.js';
import type { Generator } from '../run/generator.js';
import type { ChannelOfLoad } from '../run/verdict.js';
import { directChannels } from '../run/verdict.js';
import type { Stage } from '../stage/stage.js';
import { allConnected } from './progress.js';

/** For what making channels set in motion to come to rest. */
const REST_MS = 1_500;
const CHANNELS_AT_ONCE = 8;
const WATCHED_MAX = 200;

/** A generator and its share of the users. */
export interface Player {
  readonly generator: Generator;
  readonly users: UserRange;
}

export interface ChannelOfUsers extends ChannelOfLoad {
  /** Its members, by number. */
  readonly range: UserRange;
}

/** A line of the scenario with the channels made for it. */
interface Cast {
  readonly name: string;
  readonly talk: Talk;
  readonly channels: readonly (ChannelOfUsers & { readonly writers: number })[];
}

export interface Rehearsed {
  readonly players: readonly Player[];
  readonly channels: readonly ChannelOfUsers[];
  readonly lineNames: readonly string[];
  /** Deliveries to others that a message of each line leads to. */
  readonly lanesOf: (player: Player) => LaneOrder[];
}

/** Even shares, pairs together. */
function share(users: number, generators: readonly Generator[]): Player[] {
  const each = 2 * Math.ceil(users / generators.length / 2);
  return generators.map((generator, index) => ({
    generator,
    users: { first: Math.min(users, index * each), end: Math.min(users, (index + 1) * each) },
  }));
}

export async function rehearse(stage: Stage, variant: Variant, generators: readonly Generator[]): Promise<Rehearsed> {
  const players = share(variant.users, generators);
  await Promise.all(players.map((player, index) => connect(stage, variant, player, index, players.length)));
  await allConnected(generators, variant.users);
  const casts: Cast[] = [];
  for (const [index, talk] of variant.talk.entries())
    casts.push(await castOf(stage, variant, players, talk, nameOf(talk, index, variant.talk)));
  if (casts.some(({ channels }) => channels.length > 0)) await pause(REST_MS);
  for (const talk of variant.talk) if (talk.kind === 'flap') await watch(players, talk, variant.users);
  const names = Array.from({ length: variant.users }, (_, user) => stage.userId(user));
  const pairs = variant.talk.some(({ kind }) => kind === 'direct') ? directChannels(names) : [];
  const direct = pairs.map((channel, pair) => ({ ...channel, range: { first: 2 * pair, end: 2 * pair + 2 } }));
  return {
    players,
    channels: [...direct, ...casts.flatMap(({ channels }) => channels)],
    lineNames: casts.map(({ name }) => name),
    lanesOf: (player) => casts.map((cast) => laneOf(stage, variant, cast, player)),
  };
}

function nameOf(talk: Talk, index: number, all: readonly Talk[]): string {
  const name = talk.kind === 'group' || talk.kind === 'broadcast' ? `${talk.kind} of ${talk.size}` : talk.kind;
  const earlier = all.slice(0, index).some((other) => other.kind === talk.kind);
  return earlier ? `${name} (${index + 1})` : name;
}

async function connect(stage: Stage, variant: Variant, { generator, users }: Player, number: number, of: number) {
  const { pollEverySeconds, connectSeconds } = variant;
  const { target } = stage;
  await generator.order({ type: 'enlist', generator: number, generators: of });
  const own = target.tokens.slice(users.first, users.end);
  for (const { transport, ...talkers } of talkersOf(variant)) {
    const first = Math.max(users.first, talkers.first);
    const end = Math.min(users.end, talkers.end);
    if (end <= first) continue;
    await generator.order({
      type: 'connect',
      target: { ...target, tokens: own, tokensFrom: users.first, transport, pollEverySeconds, steady: true },
      first,
      end,
      which: 'all',
      overSeconds: (connectSeconds * (end - first)) / (users.end - users.first),
    });
  }
}

async function castOf(
  stage: Stage,
  variant: Variant,
  players: readonly Player[],
  talk: Talk,
  name: string,
): Promise<Cast> {
  const channels: Cast['channels'][number][] = [];
  if (talk.kind !== 'group' && talk.kind !== 'broadcast') return { name, talk, channels };
  const { kind, size } = talk;
  const count = talk.kind === 'group' ? (talk.groups ?? Math.floor(variant.users / size)) : talk.channels;
  const writers = talk.kind === 'group' ? size : Math.min(size, talk.writers);
  const make = async (index: number): Promise<void> => {
    // Groups beyond one for each user begin again, shifted by half a group.
    const start = (index * size) % Math.max(1, variant.users - size + 1);
    const range = { first: start, end: start + size };
    const { generator } = players.find(({ users }) => start >= users.first && start < users.end) ?? fail();
    const made = await generator.order<{ channelId: string; head: number }>({
      type: 'make_channel',
      kind,
      name: `${kind} ${index + 1}`,
      members: range,
      writers,
    });
    const members = Array.from({ length: size }, (_, offset) => stage.userId(start + offset));
    channels.push({ channelId: made.channelId, members, firstSeq: made.head + 1, range, writers });
  };
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await make(index);
  };
  await Promise.all(Array.from({ length: CHANNELS_AT_ONCE }, worker));
  return { name, talk, channels };
}

function fail(): never {
  throw new Error('no generator has this user');
}

async function watch(players: readonly Player[], talk: Extract<Talk, { kind: 'flap' }>, users: number): Promise<void> {
  const watched = { first: users - talk.users, end: Math.min(users, users - talk.users + WATCHED_MAX) };
  await Promise.all(
    players.map(({ generator, users: own }) => {
      const watchers = { first: own.first, end: Math.min(own.end, talk.watchers) };
      return watchers.end > watchers.first ? generator.order({ type: 'watch_presence', watchers, watched }) : undefined;
    }),
  );
}

/** One generator's share of a line. */
function laneOf(stage: Stage, variant: Variant, { name, talk, channels }: Cast, { users }: Player): LaneOrder {
  const size = users.end - users.first;
  const rate = (talk.rate * size) / variant.users;
  switch (talk.kind) {
    case 'direct':
      return { kind: 'direct', name, rate, users };
    case 'history':
      return { kind: 'history', name, rate, page: talk.page };
    case 'login':
    case 'discovery':
      return { kind: talk.kind, name, rate, users, api: stage.api };
    case 'flap': {
      const flapping = { first: Math.max(users.first, variant.users - talk.users), end: users.end };
      const own = Math.max(0, flapping.end - flapping.first);
      return { kind: 'flap', name, rate: (talk.rate * own) / talk.users, users: flapping };
    }
    case 'group':
    case 'broadcast': {
      const all = channels.reduce((sum, { writers }) => sum + writers, 0);
      const own = channels.flatMap(({ channelId, range, writers }) => {
        const writing = Array.from({ length: writers }, (_, index) => range.first + index);
        const here = writing.filter((user) => user >= users.first && user < users.end);
        return here.length === 0 ? [] : [{ channelId, writers: here }];
      });
      const mine = own.reduce((sum, { writers }) => sum + writers.length, 0);
      return { kind: 'channels', name, rate: (talk.rate * mine) / all, channels: own };
    }
  }
}
