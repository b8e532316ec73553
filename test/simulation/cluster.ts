/**
 * One seeded run of a cluster under faults: people chat through two gateways while nodes die, stand still, restart, join,
 * drain and are cut off, the store fails, the bus loses and doubles, clocks jump. Then all heals, and the run is judged.
 */

import { HistoryChecker } from '../../checker/checker.js';
import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { MemoryRegistry } from '../../src/cluster/membership/testing/memory-registry.js';
import { createdChannelId } from '../../src/core/created-channel-id.js';
import { ParleyError } from '../../src/core/errors.js';
import { channelActor, shardOf, userActor } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import type { BusEnvelope } from '../../src/protocol/bus-messages.js';
import type { ClientRequest } from '../../src/protocol/frames.js';
import { v1 } from '../../src/protocol/wire.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { FakePeople } from '../actors/fixture.js';
import { type ClusterSurroundings, SimulatedGateway, SimulatedNode, SimulatedPush } from './cluster-process.js';
import { Device } from './device.js';
import type { RunResult } from './embedded.js';
import { Faults, type Weather } from './faults.js';
import { type EpochsOf, judgeRun } from './judge.js';
import { AWAY, AWAY_CHANNEL, AWAY_SETTINGS, type Pushed } from './pushing.js';
import { honest, type ShortCut } from './short-cuts.js';

const STEP_MS = 100;
const STORMY_MS = 40_000;
const QUIET_MS_MAX = 240_000;
const NODES = 3;
const GROUP = createdChannelId('alice', 'group');
const DIRECT = ['alice~bob', 'alice~carol'];

const LOGS = [...DIRECT, GROUP].map(channelActor).concat(['alice', 'bob', 'carol'].map(userActor));

export interface ClusterRunOptions {
  /** Default: none. */
  readonly shortCut?: ShortCut;
  readonly weather?: Weather;
  /** How the log's epochs are told at the end; by the index, unless the short cut is to have none. */
  readonly epochs?: EpochsOf;
}

class ClusterRun {
  private readonly clock = new FakeClock();
  private readonly checker = new HistoryChecker();
  private readonly place = new MemoryPlace();
  private readonly faults: Faults;
  private readonly surroundings: ClusterSurroundings;
  private readonly nodes: SimulatedNode[];
  private readonly gateways: SimulatedGateway[];
  private readonly devices: Device[];
  private readonly errors: unknown[] = [];
  private readonly epochs: EpochsOf | undefined;
  private readonly pushed: Pushed[] = [];
  /** Everything that is said and pushed, unless short cuts are to be caught within few seeds. */
  private readonly whole: boolean;
  private push: SimulatedPush;
  private runs = 0;
  private pushRuns = 0;
  private groupMade = false;
  private carolInvited = false;

  constructor(seed: number, { shortCut = honest, weather = {}, epochs }: ClusterRunOptions) {
    const { clock, place, checker } = this;
    this.epochs = epochs;
    this.faults = new Faults(seededRandom(seed), clock, place, weather);
    const people = new FakePeople();
    this.whole = shortCut === honest && Object.keys(weather).length === 0;
    people.add('alice', 'bob', 'carol', AWAY);
    Object.assign(people.accounts.get(AWAY) ?? {}, { push: AWAY_SETTINGS });
    const buses = [new MemoryBus<BusEnvelope>(clock), new MemoryBus<BusEnvelope>(clock)];
    const registry = new MemoryRegistry({ clock });
    this.surroundings = {
      clock,
      place,
      buses,
      registry,
      people,
      faults: this.faults,
      shortCut,
      logs: LOGS,
      pushed: this.pushed,
    };
    this.nodes = Array.from({ length: NODES }, (_, index) => this.newNode(index));
    this.gateways = [0, 1].map((index) => new SimulatedGateway(`gateway${index}`, this.surroundings));
    this.push = new SimulatedPush(`push/${++this.pushRuns}`, this.surroundings);
    const failed = (error: unknown): void => void this.errors.push(error);
    const deps = {
      clock,
      faults: this.faults,
      checker,
      failed,
      saysAll: this.whole,
    };
    const names = ['alice/phone', 'alice/desk', 'bob/phone', 'carol/phone'];
    this.devices = names.map((name) => new Device(name.split('/')[0] ?? '', name.split('/')[1] ?? '', deps));
  }

  private newNode(index: number): SimulatedNode {
    return new SimulatedNode(`node${index}/${++this.runs}`, this.surroundings);
  }

  /** Runs beside the steps; an operating error is what a process ends with, anything else fails the run. */
  private apart(work: Promise<unknown>, died: () => void = () => undefined): void {
    work.catch((error: unknown) => {
      if (error instanceof ParleyError) died();
      else this.errors.push(error);
    });
  }

  async run(): Promise<RunResult> {
    for (const node of this.nodes) this.apart(node.start(), () => node.kill());
    for (const gateway of this.gateways) this.apart(gateway.start());
    if (this.whole) this.apart(this.push.start());
    await this.clock.advance(3_000);
    for (let at = 0; at < STORMY_MS; at += STEP_MS) {
      for (const index of this.nodes.keys()) this.disturb(index);
      if (this.whole && this.faults.happens('push crash', 0.005)) this.restartPush();
      this.chat();
      await this.step();
    }
    this.faults.heal();
    await this.comeToRest();
    const findings = this.errors.map((error) => (error instanceof Error ? (error.stack ?? '') : String(error)));
    const judging = { epochsOf: this.epochs, ...(this.whole && { pushed: this.pushed }) };
    findings.push(...judgeRun(this.place, this.checker, this.devices, this.channels, judging));
    return {
      findings,
      acknowledged: this.checker.acknowledgedSoFar,
      faults: this.faults.counts,
      ownerChanges: this.ownerChanges,
    };
  }

  private restartPush(): void {
    this.push.kill();
    this.push = new SimulatedPush(`push/${++this.pushRuns}`, this.surroundings);
    this.apart(this.push.start());
  }

  private get channels(): string[] {
    return [...DIRECT, ...(this.whole ? [AWAY_CHANNEL] : []), GROUP];
  }

  private disturb(index: number): void {
    const { faults, clock } = this;
    const node = this.nodes[index];
    if (node === undefined || node.dead) return;
    const later = (maxMs: number, end: () => void): void => void clock.after(1 + faults.below(maxMs), end);
    if (faults.happens('crash', 0.002)) node.kill();
    else if (!node.draining && faults.happens('drain', 0.001)) this.apart(node.drain());
    else if (faults.happens('pause', 0.003)) {
      node.clock.pause();
      later(30_000, () => node.clock.resume());
    } else if (faults.happens('cut from the bus', 0.002)) {
      node.cutFromBus = true;
      later(15_000, () => {
        node.cutFromBus = false;
      });
    } else if (faults.happens('cut from the store', 0.002)) {
      node.cutFromStore = true;
      later(15_000, () => {
        node.cutFromStore = false;
      });
    } else if (faults.happens('cut from the registry', 0.003)) {
      node.link.setReachable(false);
      later(15_000, () => {
        if (!node.dead) node.link.setReachable(true);
      });
    } else if (faults.happens('network splits', 0.001)) {
      // Those on the small side hear each other and reach the store, and nobody else.
      const few = [node, this.gateways[faults.below(this.gateways.length)]];
      for (const one of few) one?.moveTo(1);
      later(20_000, () => {
        for (const one of few) one?.moveTo(0);
      });
    } else if (faults.happens('clock jumps', 0.002)) node.clock.jump((faults.below(2) - 0.5) * 7_200_000);
  }

  private chat(): void {
    for (const device of this.devices) {
      if (this.faults.happens('write', 0.1)) this.writeFrom(device);
      if (this.faults.happens('reconnect', 0.01)) device.disconnect();
    }
  }

  private writeFrom(device: Device): void {
    const known = this.channels.filter(
      (channelId) => device.knows(channelId) && (channelId === GROUP || channelId.split('~').includes(device.userId)),
    );
    const channelId = known[this.faults.below(known.length)];
    if (channelId !== undefined && device.unsettled < 20) device.write(channelId);
  }

  private async step(): Promise<void> {
    for (const [index, node] of this.nodes.entries()) {
      if (!node.dead) continue;
      const next = this.newNode(index);
      this.nodes[index] = next;
      this.clock.after(this.faults.below(5_000), () => this.apart(next.start(), () => next.kill()));
    }
    for (const [index, device] of this.devices.entries()) {
      device.step();
      const gateway = this.gateways[(index + this.runs) % this.gateways.length];
      if (device.process === undefined && gateway !== undefined) this.apart(device.connect(gateway));
    }
    this.makeGroup();
    await this.clock.advance(STEP_MS);
  }

  private makeGroup(): void {
    if (!this.groupMade) {
      this.groupMade = true;
      const group = { kind: v1.ChannelKind.GROUP, name: 'Group', idempotencyKey: 'group', members: ['bob'] };
      void this.ask({ type: 'createChannel', value: v1.CreateChannel.create(group) }).then((made) => {
        this.groupMade = made;
      });
    } else if (!this.carolInvited && this.clock.monotonic() > STORMY_MS / 2) {
      this.carolInvited = true;
      const value = v1.InviteMembers.create({ channelId: GROUP, userIds: ['carol'] });
      void this.ask({ type: 'invite', value }).then((invited) => {
        this.carolInvited = invited;
      });
    }
  }

  private async ask(body: ClientRequest): Promise<boolean> {
    const caller = { userId: 'alice', deviceId: 'phone', sessionId: '' };
    const question = { type: 'request', caller, body } as const;
    try {
      await this.gateways[0]?.edge.ask(channelActor(GROUP), question, 3_000);
      return true;
    } catch (error) {
      if (error instanceof ParleyError) return false;
      this.errors.push(error);
      return false;
    }
  }

  private get ownerChanges(): number {
    const shards = new Set([...DIRECT, GROUP].map((id) => shardOf(channelActor(id))));
    return this.place.owners().reduce((sum, { shard, term }) => sum + (shards.has(shard) ? term - 1 : 0), 0);
  }

  /** What may stand in the way of an acknowledgement. */
  private state(): string {
    const owners = new Map<string, number>();
    for (const { incarnation = 'nobody' } of this.place.owners())
      owners.set(incarnation, (owners.get(incarnation) ?? 0) + 1);
    const map = this.surroundings.registry.current;
    return JSON.stringify({
      rows: [...owners].map(([name, count]) => `${name} ${this.place.fenceOf(name) ?? ''} ${count}`),
      map: [map?.version, map?.nodes, map?.shards.filter((node) => node < 0).length],
      nodes: this.nodes.map(
        (node) => `${node.incarnation}${node.dead ? ' dead' : ''}${node.draining ? ' drains' : ''}`,
      ),
      devices: this.devices.map((device) => `${device.unsettled} ${device.process === undefined ? 'away' : 'there'}`),
      group: [this.groupMade, this.carolInvited],
    });
  }

  private async comeToRest(): Promise<void> {
    for (const one of [...this.nodes, ...this.gateways, this.push]) one.heal();
    const end = this.clock.monotonic() + QUIET_MS_MAX;
    const settled = () => this.carolInvited && this.devices.every((device) => device.unsettled === 0);
    while (!settled() && this.clock.monotonic() < end) await this.step();
    for (let i = 0; i < 60_000 / STEP_MS; i++) await this.step();
    if (!settled()) this.errors.push(new Error(`not everything was acknowledged: ${this.state()}`));
  }
}

export function runCluster(seed: number, options: ClusterRunOptions = {}): Promise<RunResult> {
  return new ClusterRun(seed, options).run();
}
