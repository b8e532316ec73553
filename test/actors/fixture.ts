/** One node on a memory store under a fake clock, and people to talk through it. */

import { MemoryBus, type MemoryBusOptions } from '../../src/cluster/bus/memory/memory-bus.js';
import { ChatNode } from '../../src/cluster/chat-node.js';
import { EdgeLink } from '../../src/cluster/edge-link.js';
import { soleOwnership } from '../../src/cluster/ownership/sole-ownership.js';
import { soleOwner } from '../../src/cluster/routes.js';
import { userActor } from '../../src/core/ids.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { Audience, PeopleDirectory, UserFacts } from '../../src/core/people.js';
import type { PushSettings } from '../../src/core/push.js';
import type { Storage, StoreWrite } from '../../src/core/store.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import { activateActor } from '../../src/node/activate-actor.js';
import {
  type ActorAnswer,
  type BusEnvelope,
  type EdgeEnvelope,
  isPushEnvelope,
  type PushEnvelope,
  type Question,
} from '../../src/protocol/bus-messages.js';
import type { ClientRequest, Delivery } from '../../src/protocol/frames.js';
import { routeRequest } from '../../src/protocol/request-routing.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryPlace, openMemory } from './store.js';

export class FakePeople implements PeopleDirectory {
  readonly accounts = new Map<
    string,
    {
      friends: Set<string>;
      blocked: Set<string>;
      presenceFor: Audience;
      receiptsFor: Audience;
      push?: PushSettings;
    }
  >();
  readonly suspended = new Set<string>();
  /** Of them it knows that they were deleted; of all others that have no account it knows nothing. */
  readonly gone = new Set<string>();

  add(...userIds: string[]): void {
    for (const userId of userIds) {
      this.accounts.set(userId, {
        friends: new Set(),
        blocked: new Set(),
        presenceFor: 'friends',
        receiptsFor: 'everyone',
      });
    }
  }

  factsOf(userId: string): Promise<UserFacts | undefined> {
    return Promise.resolve(structuredClone(this.accounts.get(userId)));
  }

  existing(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(userIds.filter((userId) => this.accounts.has(userId))));
  }

  async active(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const existing = await this.existing(userIds);
    return new Set([...existing].filter((userId) => !this.suspended.has(userId)));
  }

  delete(userId: string): void {
    this.accounts.delete(userId);
    this.gone.add(userId);
  }

  deleted(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(userIds.filter((userId) => this.gone.has(userId))));
  }
}

/** What one session got, in order, and how it confirms. */
export class FakeSession {
  readonly deliveries: Delivery[] = [];
  readonly events: EdgeEnvelope[] = [];
  put = 0;

  /** (channel, seq) of each event delivered. */
  get seen(): string[] {
    return this.deliveries.map((item) => `${item.event?.value.channelId ?? '-'}#${item.event?.value.seq ?? '-'}`);
  }

  get texts(): string[] {
    return this.deliveries.flatMap((item) => item.event?.value.message?.text ?? []);
  }
}

let incarnations = 0;

export class World {
  /** How the worlds of this test file carry envelopes. */
  static busOptions: MemoryBusOptions<BusEnvelope> = {};
  readonly clock = new FakeClock();
  readonly people = new FakePeople();
  readonly sessions = new Map<string, FakeSession>();
  readonly fanouts: EdgeEnvelope[] = [];
  /** The gateways' addresses that are registered no more. */
  readonly departed = new Set<string>();
  /** What the push role was told; nobody is there to do it. */
  readonly pushes: PushEnvelope[] = [];
  node: ChatNode;
  edge: EdgeLink;
  fenced = false;
  private bus: MemoryBus<BusEnvelope>;
  private sessionCount = 0;
  private readonly open: (incarnation: string) => Storage;

  constructor(open: (incarnation: string) => Storage) {
    this.open = open;
    this.bus = new MemoryBus(this.clock, World.busOptions);
    [this.node, this.edge] = this.build();
  }

  private build(): [ChatNode, EdgeLink] {
    const incarnation = `node${++incarnations}`;
    const { clock, bus, people } = this;
    const routes = soleOwner(incarnation);
    const storage = this.open(incarnation);
    const node = new ChatNode({
      incarnation,
      storage,
      ownership: soleOwnership({ incarnation, storage, clock }),
      bus,
      routes,
      people,
      clock,
      logger: silentLogger,
      metrics: noMetrics,
      pushSubjectOf: () => 'push',
      departed: this.departed,
      activate: activateActor,
      onFenced: () => {
        this.fenced = true;
      },
    });
    return [node, new EdgeLink(bus, routes, clock, `edge${incarnations}`)];
  }

  async start(): Promise<this> {
    const { bus } = this;
    await bus.subscribe('push', (envelopes) => {
      if (bus !== this.bus) return; // of a process that is dead
      for (const envelope of envelopes) if (isPushEnvelope(envelope)) this.pushes.push(envelope);
    });
    const started = Promise.all([this.edge.start(), this.node.start()]);
    this.edge.onEnvelope((envelope) => this.receive(envelope));
    await this.clock.settle();
    await started;
    return this;
  }

  /** The process dies without a word; another starts on the same store. */
  async crash(): Promise<void> {
    this.edge.stop();
    this.bus = new MemoryBus(this.clock, World.busOptions);
    [this.node, this.edge] = this.build();
    await this.start();
  }

  /** As the gateway does. */
  receive(envelope: EdgeEnvelope): void {
    if (envelope.type === 'fanout') this.fanouts.push(envelope);
    if (!('sessionId' in envelope)) return;
    const session = this.sessions.get(envelope.sessionId);
    if (session === undefined) return;
    if (envelope.type !== 'push') {
      session.events.push(envelope);
      return;
    }
    if (envelope.afterSeq !== session.put) return;
    session.deliveries.push(...envelope.items);
    session.put += envelope.items.length;
    this.confirm(envelope.sessionId);
  }

  confirm(sessionId: string, { acknowledged = false, idle = false } = {}): void {
    const session = this.sessions.get(sessionId);
    const cursor = session?.deliveries.at(-1)?.cursor;
    if (session === undefined || cursor === undefined) return;
    const [userId = ''] = sessionId.split('/');
    this.edge.tell(userActor(userId), {
      type: 'session_confirm',
      confirmation: { sessionId, put: cursor, acknowledged: acknowledged ? cursor : undefined, idle },
      caller: { userId, deviceId: 'd', sessionId },
      gateway: this.edge.address,
      visible: true,
    });
  }

  /** As a gateway says that its sessions of a user are still there. */
  confirmLease(userId: string, only?: string): void {
    for (const [sessionId, session] of this.sessions) {
      if (!sessionId.startsWith(`${userId}/`) || (only !== undefined && sessionId !== only)) continue;
      const put = session.deliveries.at(-1)?.cursor ?? { term: 1, sub: 1, inboxSeq: session.put };
      this.edge.tell(userActor(userId), {
        type: 'session_confirm',
        confirmation: { sessionId, put, acknowledged: undefined },
        caller: { userId, deviceId: 'd', sessionId },
        gateway: this.edge.address,
        visible: true,
      });
    }
  }

  /** Asks and lets everything settle. */
  async question(actor: Parameters<EdgeLink['ask']>[0], question: Question): Promise<ActorAnswer> {
    const answer = this.edge.ask(actor, question);
    answer.catch(() => undefined);
    await this.clock.settle();
    return answer;
  }

  request(userId: string, body: ClientRequest, sessionId = ''): Promise<ActorAnswer> {
    const caller = { userId, deviceId: 'd', sessionId };
    return this.question(routeRequest(caller, body), { type: 'request', caller, body });
  }

  async connect(
    userId: string,
    cursor?: v1.ICursor,
  ): Promise<{ id: string; session: FakeSession; cursor: v1.ICursor }> {
    const id = `${userId}/${++this.sessionCount}`;
    const session = new FakeSession();
    session.put = cursor?.inboxSeq ?? 0;
    this.sessions.set(id, session);
    const caller = { userId, deviceId: 'd', sessionId: id };
    const asked = this.edge.ask(userActor(userId), {
      type: 'session_open',
      caller,
      gateway: this.edge.address,
      cursor,
      visible: true,
    });
    asked.then(
      (answer) => {
        if (answer.type === 'session_opened' && session.deliveries.length === 0)
          session.put = answer.value.cursor.inboxSeq ?? 0;
      },
      () => undefined,
    );
    await this.clock.settle();
    const answer = await asked;
    if (answer.type !== 'session_opened') throw new Error(`not opened: ${answer.type}`);
    return { id, session, cursor: answer.value.cursor };
  }

  disconnect(userId: string, sessionId: string): void {
    this.sessions.delete(sessionId);
    this.edge.tell(userActor(userId), { type: 'session_close', sessionId });
  }

  private sends = 0;

  send(
    from: string,
    to: { userId?: string; channelId?: string },
    text: string,
    more: v1.ISend = {},
  ): Promise<ActorAnswer> {
    const clientMessageId = more.clientMessageId ?? `m${++this.sends}`;
    const value = v1.Send.create({ ...to, clientMessageId, message: { text }, ...more });
    return this.request(from, { type: 'send', value });
  }

  /** What must be taken: a message, an edit, a deletion, a reaction. */
  async say(from: string, channelId: string, content: v1.ISend): Promise<v1.SendAck> {
    const answer = await this.send(from, { channelId }, '', { message: null, ...content });
    if (answer.type !== 'sendAck') throw new Error(answer.type);
    return v1.SendAck.create(answer.value);
  }

  /** Their feed of mentions. */
  async mentionsOf(userId: string, page: v1.IListMentions = {}): Promise<v1.IMentionList> {
    const answer = await this.request(userId, { type: 'listMentions', value: v1.ListMentions.create(page) });
    if (answer.type !== 'mentionList') throw new Error(answer.type);
    return answer.value;
  }

  /** Returns its id. One person's channels of one name are one, where no idempotency key tells them apart. */
  async createChannel(
    by: string,
    kind: v1.ChannelKind,
    members: readonly string[],
    more: v1.ICreateChannel = {},
  ): Promise<string> {
    const { name = 'Tea' } = more;
    const value = v1.CreateChannel.create({ kind, name, members: [...members], idempotencyKey: name ?? '', ...more });
    const answer = await this.request(by, { type: 'createChannel', value });
    if (answer.type !== 'channel') throw new Error(answer.type);
    return answer.value.channelId ?? '';
  }
}

/** Started, with these accounts. */
export function worldOn(open: (incarnation: string) => Storage, ...people: string[]): Promise<World> {
  const world = new World(open);
  world.people.add(...people);
  return world.start();
}

export function memoryWorld(...people: string[]): Promise<World> {
  const place = memoryPlace();
  return worldOn((incarnation) => openMemory(place, incarnation), ...people);
}

/** A row of the log, such as `user:bob`. */
export const isRowOf =
  (log: string) =>
  (write: StoreWrite): boolean =>
    write.type === 'row' && write.log === log;

/** Holds back what the node writes together with any such write, until the returned function is called. */
export function holdWrites({ node }: World, isHeld: (write: StoreWrite) => boolean): () => void {
  const { committer } = node.host;
  const submit = committer.submit.bind(committer);
  const held: Parameters<typeof submit>[0][] = [];
  committer.submit = (commit) => {
    if (commit.writes.some(isHeld)) held.push(commit);
    else submit(commit);
  };
  return () => {
    committer.submit = submit;
    for (const commit of held) submit(commit);
  };
}
