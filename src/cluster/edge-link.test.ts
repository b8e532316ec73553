import { describe, expect, it } from 'vitest';
import type { Bus } from '../core/bus.js';
import { type ErrorName, ParleyError } from '../core/errors.js';
import { shardOf, userActor } from '../core/ids.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import type { BusEnvelope, EdgeEnvelope, Question } from '../protocol/bus-messages.js';
import { v1 } from '../protocol/wire.js';
import { MemoryBus } from './bus/memory/memory-bus.js';
import { EdgeLink } from './edge-link.js';
import type { Routes } from './routes.js';

const BOB = userActor('bob');
const QUESTION: Question = {
  type: 'request',
  caller: { userId: 'bob', deviceId: 'd', sessionId: '' },
  body: { type: 'listChannels', value: v1.ListChannels.create({}) },
};

async function setup() {
  const clock = new FakeClock();
  const bus = new MemoryBus<BusEnvelope>(clock);
  const world = { owner: 'one' as string | undefined, busRefusal: undefined as ErrorName | undefined };
  const asked: { node: string; correlation: number; budgetMs: number; replyTo: string }[] = [];
  const told: string[] = [];
  for (const node of ['one', 'two'])
    await bus.subscribe(`node.${node}`, (envelopes) => {
      for (const envelope of envelopes) {
        if (envelope.type === 'ask') asked.push({ node, ...envelope });
        else if (envelope.type === 'tell') told.push(`${node} ${envelope.actor} ${envelope.notice.type}`);
      }
    });
  const publish: Bus<BusEnvelope>['publish'] = (subject, envelopes) => {
    if (world.busRefusal !== undefined) throw new ParleyError(world.busRefusal);
    bus.publish(subject, envelopes);
  };
  const carrier: Bus<BusEnvelope> = {
    publish,
    subscribe: (subject, handler) => bus.subscribe(subject, handler),
    flush: (deadlineMs) => bus.flush(deadlineMs),
    close: () => bus.close(),
  };
  let moved: (shards: readonly number[]) => void = () => undefined;
  const onMoved: Routes['onMoved'] = (listener) => {
    moved = listener;
    return () => undefined;
  };
  const routes: Routes = { ownerOf: () => world.owner, onMoved };
  const edge = new EdgeLink(carrier, routes, clock, 'gate');
  await edge.start();
  const ask = (budgetMs?: number) => {
    const outcome: { value?: string } = {};
    edge.ask(BOB, QUESTION, budgetMs).then(
      (answer) => {
        outcome.value = answer.type;
      },
      (error: ParleyError) => {
        outcome.value = error.kind;
      },
    );
    return outcome;
  };
  const reply = async (envelope: EdgeEnvelope): Promise<void> => {
    bus.publish(edge.address, [envelope]);
    await clock.settle();
  };
  const refuse = (correlation: number, error: 'not_owner' | 'overloaded') =>
    reply({ type: 'refusal', correlation, error, sentence: '', retryAfterMs: 7 });
  const move = async (owner: string, shard = shardOf(BOB)): Promise<void> => {
    world.owner = owner;
    moved([shard]);
    await clock.settle();
  };
  return { clock, bus, edge, world, asked, told, ask, reply, refuse, move };
}

describe('the way to the actors', () => {
  it('brings each question its own answer, once', async () => {
    const { clock, asked, ask, reply } = await setup();
    const [first, second] = [ask(), ask()];
    await clock.settle();
    const [one, two] = asked;
    await reply({ type: 'answer', correlation: two?.correlation ?? 0, answer: { type: 'done', value: {} } });
    expect([first.value, second.value]).toEqual([undefined, 'done']);
    await reply({ type: 'answer', correlation: two?.correlation ?? 0, answer: { type: 'channelList', value: {} } });
    await reply({ type: 'answer', correlation: one?.correlation ?? 0, answer: { type: 'channelList', value: {} } });
    expect([first.value, second.value]).toEqual(['channelList', 'done']);
  });

  it('gives up at the deadline, and hears no late answer', async () => {
    const { clock, asked, ask, reply } = await setup();
    const outcome = ask(1_000);
    await clock.advance(900);
    expect(outcome.value).toBeUndefined();
    await clock.advance(400);
    expect(outcome.value).toBe('timeout');
    await reply({ type: 'answer', correlation: asked[0]?.correlation ?? 0, answer: { type: 'done', value: {} } });
    expect(outcome.value).toBe('timeout');
  });

  it('looks again for the owner when the one it asked is none, with what is left of the time', async () => {
    const { clock, asked, ask, refuse, reply, world } = await setup();
    const outcome = ask(1_000);
    await clock.settle();
    await refuse(asked[0]?.correlation ?? 0, 'not_owner');
    world.owner = 'two';
    await clock.advance(100);
    expect(asked.map(({ node, budgetMs }) => [node, budgetMs])).toEqual([
      ['one', 1_000],
      ['two', 900],
    ]);
    await reply({ type: 'answer', correlation: asked[1]?.correlation ?? 0, answer: { type: 'done', value: {} } });
    expect(outcome.value).toBe('done');
  });

  it('asks whom a shard is placed on anew what the owner before took, though nobody has claimed it yet', async () => {
    const { clock, asked, ask, reply, world } = await setup();
    const outcome = ask(1_000);
    await clock.advance(500);
    world.owner = 'two';
    await clock.advance(300);
    expect(asked.map(({ node, budgetMs }) => [node, budgetMs])).toEqual([
      ['one', 1_000],
      ['two', 400],
    ]);
    await reply({ type: 'answer', correlation: asked[1]?.correlation ?? 0, answer: { type: 'done', value: {} } });
    expect(outcome.value).toBe('done');
  });

  it('waits for an owner while nobody is, and for room while the bus is full, until the deadline', async () => {
    const { clock, asked, ask, world } = await setup();
    world.owner = undefined;
    const outcome = ask(1_000);
    await clock.advance(300);
    world.owner = 'two';
    world.busRefusal = 'overloaded';
    await clock.advance(300);
    expect(asked).toEqual([]);
    world.busRefusal = undefined;
    await clock.advance(100);
    expect(asked.map(({ node }) => node)).toEqual(['two']);
    await clock.advance(1_000);
    expect(outcome.value).toBe('timeout');
    expect(asked).toHaveLength(1);
  });

  it('asks a new owner at once, be it that the question waited, or that the owner before it died', async () => {
    const { clock, asked, ask, edge, refuse, move } = await setup();
    ask(1_000);
    ask(1_000);
    await clock.settle();
    await refuse(asked[0]?.correlation ?? 0, 'not_owner');
    expect(edge.questions).toEqual({ open: 2, waiting: 1 });
    await move('two');
    expect(asked.map(({ node, correlation }) => `${node} ${correlation}`)).toEqual([
      'one 1',
      'one 2',
      'two 1',
      'two 2',
    ]);
    expect(edge.questions).toEqual({ open: 2, waiting: 0 });
    await clock.advance(500);
    await move('one', shardOf(BOB) + 1);
    expect(asked).toHaveLength(4);
  });

  it('refuses at once what the bus can never take', async () => {
    const { clock, ask, world } = await setup();
    world.busRefusal = 'frame_too_large';
    const outcome = ask();
    await clock.settle();
    expect(outcome.value).toBe('frame_too_large');
  });

  it('tells the asker what the actor refused', async () => {
    const { clock, asked, edge, refuse } = await setup();
    const asking = edge.ask(BOB, QUESTION);
    asking.catch(() => undefined);
    await clock.settle();
    await refuse(asked[0]?.correlation ?? 0, 'overloaded');
    await expect(asking).rejects.toMatchObject({ kind: 'overloaded', retryAfterMs: 7 });
  });

  it('refuses at once when too many questions are open', async () => {
    const { ask, edge } = await setup();
    for (let i = 0; i < 65_536; i++) edge.ask(BOB, QUESTION).catch(() => undefined);
    const outcome = ask();
    await Promise.resolve().then(() => Promise.resolve());
    expect(outcome.value).toBe('overloaded');
  });

  it('says of open questions that the process is about to stop', async () => {
    const { clock, ask, edge } = await setup();
    const outcome = ask();
    edge.stop();
    await clock.settle();
    expect(outcome.value).toBe('draining');
  });

  it('carries notices to the owner, and what is pushed to the handler', async () => {
    const { clock, edge, told, reply } = await setup();
    const got: string[] = [];
    edge.onEnvelope((envelope) => got.push(envelope.type));
    edge.tell(BOB, { type: 'directory_changed' });
    await clock.settle();
    await reply({ type: 'session_end', sessionId: 's', reason: 'session_revoked' });
    expect(told).toEqual(['one user:bob directory_changed']);
    expect(got).toEqual(['session_end']);
  });
});

describe('fan-out', () => {
  it('of a channel is heard while it is subscribed, however often it was asked for', async () => {
    const { bus, clock, edge } = await setup();
    const heads: number[] = [];
    edge.onEnvelope((envelope) => {
      if (envelope.type === 'fanout') heads.push(envelope.events.head);
    });
    const publish = async (head: number): Promise<void> => {
      bus.publish('fanout.g', [{ type: 'fanout', events: { channelId: 'g', head, events: [] } }]);
      await clock.settle();
    };
    await publish(1);
    await Promise.all([edge.subscribeFanout('g'), edge.subscribeFanout('g')]);
    await publish(2);
    edge.unsubscribeFanout('g');
    await clock.settle();
    await publish(3);
    await edge.subscribeFanout('g');
    await publish(4);
    expect(heads).toEqual([2, 4]);
  });
});
