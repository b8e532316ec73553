/** Crashes at any moment, with a storage that takes its time: nothing is stored twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../src/core/random.js';
import { ParleyClient } from './client.js';
import { ScopedClock } from './scoped-clock.js';
import type { ClientState, ClientStorage } from './storage.js';
import { FakeClock } from './testing/fake-clock.js';
import { ModelServer } from './testing/model-server.js';
import { sessionOf } from './testing/setup.js';
import type { SocketHandlers } from './transport.js';

const CHANNELS = ['alice~bob', 'gaaaaaaaaaaaaaaaa'];
const SAVE_MS_MAX = 60;

type Step =
  | { readonly type: 'send' | 'say'; readonly channel: number; readonly count: number }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'cut' | 'crash' };

const talk = fc.record({
  type: fc.constantFrom<'send' | 'say'>('send', 'send', 'say'),
  channel: fc.nat(1),
  count: fc.nat(6),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: talk },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200 }) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constantFrom<'cut' | 'crash'>('cut', 'crash') }) },
  ),
  { minLength: 10, maxLength: 60 },
);

class Run {
  readonly clock = new FakeClock();
  readonly server: ModelServer;
  private readonly random;
  private durable: string | undefined;
  private life: { alive: boolean; readonly clock: ScopedClock; readonly client: ParleyClient };
  private count = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.server = new ModelServer(this.clock, this.random, []);
    this.life = this.start();
  }

  /** What a process does once it has crashed reaches neither the network nor the disk. */
  private start(): typeof this.life {
    const clock = new ScopedClock(this.clock);
    const begun = { alive: true, clock };
    const storage: ClientStorage = {
      load: async () => (this.durable === undefined ? undefined : (JSON.parse(this.durable) as ClientState)),
      save: (state) => {
        const text = JSON.stringify(state);
        return new Promise((resolve) => {
          this.clock.after(this.random.fraction() * SAVE_MS_MAX, () => {
            if (life.alive) this.durable = text;
            resolve();
          });
        });
      },
    };
    const client = new ParleyClient({
      session: sessionOf('alice', this.clock),
      webSocket: (url, subprotocol, handlers: SocketHandlers) => {
        if (!life.alive) throw new Error('crashed');
        return this.server.factory(url, subprotocol, handlers);
      },
      fetch: () => Promise.reject(new Error('no network')),
      clock,
      random: this.random,
      storage,
    });
    const life = Object.assign(begun, { client });
    void client.connect();
    return life;
  }

  private async crash(): Promise<void> {
    this.life.alive = false;
    this.life.clock.end();
    this.server.cut();
    await this.clock.advance(0);
    this.life = this.start();
  }

  async step(step: Step): Promise<void> {
    if (step.type === 'wait') await this.clock.advance(step.ms);
    else if (step.type === 'cut') this.server.cut();
    else if (step.type === 'crash') await this.crash();
    else if (step.type === 'send' || step.type === 'say')
      for (let i = 0; i < step.count; i++) this.talk(step.type, CHANNELS[step.channel] ?? '');
  }

  private talk(type: 'send' | 'say', channelId: string): void {
    this.count += 1;
    if (type === 'say') this.server.say(channelId, `said ${this.count}`);
    else this.life.client.send({ channelId, text: `sent ${this.count}` });
  }
}

describe('a client that crashes', () => {
  it('doubles nothing, whenever it does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        steps,
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        async (seed, plan, faults) => {
          const run = new Run(seed);
          run.server.faults = 0;
          await run.clock.advance(500);
          run.server.faults = faults;
          for (const step of plan) await run.step(step);
          run.server.faults = 0;
          await run.clock.advance(120_000);
          for (const log of run.server.logs.values()) {
            const texts = log.map(({ message }) => message?.text);
            expect(texts).toEqual([...new Set(texts)]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
