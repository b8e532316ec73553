/**
 * One seeded run of the embedded form under faults: people chat while the store fails, the bus loses and doubles, and
 * the process dies, or goes on as a paused owner beside its successor. Then everything heals, and the history is judged.
 */

import { HistoryChecker } from '../../checker/checker.js';
import { createdChannelId } from '../../src/core/created-channel-id.js';
import { ParleyError } from '../../src/core/errors.js';
import { channelActor } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import type { ClientRequest } from '../../src/protocol/frames.js';
import { v1 } from '../../src/protocol/wire.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { FakePeople } from '../actors/fixture.js';
import { Device } from './device.js';
import { Faults } from './faults.js';
import { judgeRun } from './judge.js';
import { AWAY, AWAY_CHANNEL, AWAY_SETTINGS, type Pushed } from './pushing.js';
import { SimulatedProcess, type Surroundings } from './simulated-process.js';

const STEP_MS = 100;
const STORMY_MS = 25_000;
const QUIET_MS_MAX = 240_000;
const GROUP = createdChannelId('alice', 'group');
const DIRECT = ['alice~bob', 'alice~carol', AWAY_CHANNEL];

export interface RunResult {
  readonly findings: readonly string[];
  readonly acknowledged: number;
  readonly faults: ReadonlyMap<string, number>;
  /** How often a channel had a new owner, over all channels. */
  readonly ownerChanges: number;
}

class Run {
  private readonly clock = new FakeClock();
  private readonly place = new MemoryPlace();
  private readonly checker = new HistoryChecker();
  private readonly people = new FakePeople();
  private readonly faults: Faults;
  private readonly surroundings: Surroundings;
  private readonly devices: Device[];
  private readonly errors: unknown[] = [];
  private readonly pushed: Pushed[] = [];
  private incarnations = 0;
  private current: SimulatedProcess;
  private paused: SimulatedProcess | undefined;
  private starting = false;
  private groupMade = false;
  private carolInvited = false;

  constructor(seed: number) {
    const { clock, place, people, checker } = this;
    this.faults = new Faults(seededRandom(seed), clock, place);
    people.add('alice', 'bob', 'carol', AWAY);
    Object.assign(people.accounts.get(AWAY) ?? {}, { push: AWAY_SETTINGS });
    const { faults, pushed } = this;
    this.surroundings = { clock, place, people, faults, fencesWrites: seed % 2 === 0, pushed };
    this.current = this.newProcess();
    const failed = (error: unknown): void => void this.errors.push(error);
    const deps = { clock, faults: this.faults, checker, failed, saysAll: true };
    const names = ['alice/phone', 'alice/desk', 'bob/phone', 'bob/desk', 'carol/phone'];
    this.devices = names.map((name) => new Device(name.split('/')[0] ?? '', name.split('/')[1] ?? '', deps));
  }

  private newProcess(): SimulatedProcess {
    return new SimulatedProcess(`process${++this.incarnations}`, this.surroundings);
  }

  /** Runs beside the steps; what it throws fails the run. */
  private apart(work: Promise<void>): void {
    work.catch((error: unknown) => this.errors.push(error));
  }

  async run(): Promise<RunResult> {
    this.apart(this.startProcess(this.current));
    await this.clock.settle();
    for (let at = 0; at < STORMY_MS; at += STEP_MS) {
      this.stormyStep();
      await this.clock.advance(STEP_MS);
    }
    this.faults.heal();
    this.paused?.kill();
    await this.comeToRest();
    return this.judge();
  }

  private stormyStep(): void {
    const { faults } = this;
    this.restart();
    if (this.paused !== undefined && faults.happens('paused owner ends', 0.03)) this.endPaused();
    for (const device of this.devices) {
      if (faults.happens('write', 0.12)) this.writeFrom(device);
      if (faults.happens('reconnect', 0.01)) device.disconnect();
    }
    this.everyStep();
  }

  private restart(): void {
    if (this.starting) return;
    if (this.current.dead || this.faults.happens('crash', 0.006)) {
      this.current.kill();
      this.current = this.newProcess();
      this.apart(this.startProcess(this.current));
    } else if (this.paused === undefined && this.faults.happens('paused owner', 0.004)) {
      // Its successor claims everything while it believes that it still owns it.
      this.paused = this.current;
      this.current = this.newProcess();
      this.apart(this.startProcess(this.current));
    }
  }

  private endPaused(): void {
    this.paused?.kill();
    this.paused = undefined;
  }

  private async startProcess(process: SimulatedProcess): Promise<void> {
    this.starting = true;
    await process.start();
    this.starting = false;
  }

  private writeFrom(device: Device): void {
    const known = [...DIRECT, GROUP].filter(
      (channelId) => device.knows(channelId) && (channelId === GROUP || channelId.split('~').includes(device.userId)),
    );
    const channelId = known[this.faults.below(known.length)];
    if (channelId !== undefined && device.unsettled < 20) device.write(channelId);
  }

  private everyStep(): void {
    if (this.current.dead && !this.starting) this.restart();
    for (const device of this.devices) {
      device.step();
      if (device.process === undefined) this.apart(device.connect(this.current));
    }
    if (!this.groupMade) this.apart(this.makeGroup());
    else if (!this.carolInvited && this.clock.monotonic() > STORMY_MS / 2) this.apart(this.inviteCarol());
  }

  private async makeGroup(): Promise<void> {
    const value = v1.CreateChannel.create({
      ...{ kind: v1.ChannelKind.GROUP, name: 'Group', idempotencyKey: 'group' },
      members: ['bob'],
    });
    this.groupMade = true;
    this.groupMade = await this.ask({ type: 'createChannel', value });
  }

  private async inviteCarol(): Promise<void> {
    const value = v1.InviteMembers.create({ channelId: GROUP, userIds: ['carol'] });
    this.carolInvited = true;
    this.carolInvited = await this.ask({ type: 'invite', value });
  }

  private async ask(body: ClientRequest): Promise<boolean> {
    const caller = { userId: 'alice', deviceId: 'phone', sessionId: '' };
    const { current } = this;
    // A process that dies answers nothing, so nobody would wait for ever.
    const gaveUp = new Promise<boolean>((resolve) => this.clock.after(3_500, () => resolve(false)));
    const asked = current.edge.ask(channelActor(GROUP), { type: 'request', caller, body }, 3_000).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ParleyError) return false;
        throw error;
      },
    );
    return Promise.race([asked, gaveUp]);
  }

  /** Until all that was sent is acknowledged, and then long enough for the last resend to arrive. */
  private async comeToRest(): Promise<void> {
    const end = this.clock.monotonic() + QUIET_MS_MAX;
    const settled = () => this.carolInvited && this.devices.every((device) => device.unsettled === 0);
    while (!settled() && this.clock.monotonic() < end) await this.quietStep();
    for (let i = 0; i < 60_000 / STEP_MS; i++) await this.quietStep();
    if (!settled()) this.errors.push(new Error('not everything was acknowledged'));
  }

  private async quietStep(): Promise<void> {
    this.everyStep();
    await this.clock.advance(STEP_MS);
  }

  // ---- judging ---------------------------------------------------------------------------------------------------

  private judge(): RunResult {
    const findings = this.errors.map((error) =>
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    findings.push(...judgeRun(this.place, this.checker, this.devices, [...DIRECT, GROUP], { pushed: this.pushed }));
    return {
      findings,
      acknowledged: this.checker.acknowledgedSoFar,
      faults: this.faults.counts,
      ownerChanges: this.incarnations - 1,
    };
  }
}

export function runEmbedded(seed: number): Promise<RunResult> {
  return new Run(seed).run();
}
