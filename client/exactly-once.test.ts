import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../src/core/random.js';
import { ParleyClient } from './client.js';
import { memoryStorage } from './storage.js';
import { FakeClock } from './testing/fake-clock.js';
import { ModelServer } from './testing/model-server.js';
import { sessionOf } from './testing/setup.js';
import type { ChannelEvent, PendingMessage } from './types.js';

const DIRECT = 'alice~bob';
const GROUP = 'gaaaaaaaaaaaaaaaa';
const LARGE = 'gbbbbbbbbbbbbbbbb';
const CHANNELS = [DIRECT, GROUP, LARGE];

/** A message of ours, one that will be refused, or one of somebody else's. */
type Talk = 'send' | 'bad' | 'say';

type Step =
  | { readonly type: 'talk'; readonly what: Talk; readonly channel: number; readonly count: number }
  | { readonly type: 'cut' }
  | { readonly type: 'owner' }
  | { readonly type: 'restart' }
  | { readonly type: 'heads' }
  | { readonly type: 'wait'; readonly ms: number };

const talk = fc.record({
  type: fc.constant('talk' as const),
  what: fc.constantFrom<Talk>('send', 'send', 'send', 'say', 'say', 'bad'),
  channel: fc.integer({ min: 0, max: CHANNELS.length - 1 }),
  count: fc.integer({ min: 1, max: 12 }),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: talk },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constantFrom<'cut' | 'owner' | 'restart' | 'heads'>('cut', 'owner', 'restart', 'heads'),
      }),
    },
  ),
  { minLength: 5, maxLength: 30 },
);

class Run {
  readonly clock = new FakeClock();
  readonly server: ModelServer;
  readonly seen = new Map<string, ChannelEvent[]>(CHANNELS.map((channelId) => [channelId, []]));
  readonly outcomes = new Map<string, string>();
  readonly sentTexts = new Map<string, string[]>(CHANNELS.map((channelId) => [channelId, []]));
  private readonly random;
  private readonly storage = memoryStorage();
  private client: ParleyClient;
  private count = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.server = new ModelServer(this.clock, this.random, [LARGE]);
    this.client = this.newClient();
  }

  private newClient(): ParleyClient {
    const client = new ParleyClient({
      session: sessionOf('alice', this.clock),
      webSocket: this.server.factory,
      fetch: () => Promise.reject(new Error('no network')),
      clock: this.clock,
      random: this.random,
      storage: this.storage,
    });
    client.on('event', (event) => this.seen.get(event.channelId)?.push(event));
    client.on('sendState', ({ text, state }: PendingMessage) => {
      if (state !== 'pending') this.outcomes.set(text, state);
    });
    return client;
  }

  /** Connected, and everybody has said something, on a calm network. */
  async begin(): Promise<void> {
    const { faults } = this.server;
    this.server.faults = 0;
    void this.client.connect();
    await this.clock.advance(500);
    for (const channelId of CHANNELS) this.server.say(channelId, 'first');
    await this.clock.advance(500);
    this.server.faults = faults;
  }

  async step(step: Step): Promise<void> {
    if (step.type === 'wait') await this.clock.advance(step.ms);
    else if (step.type === 'cut') this.server.cut();
    else if (step.type === 'owner') this.server.changeOwner();
    else if (step.type === 'heads') this.server.publishHeads();
    else if (step.type === 'restart') await this.restart();
    else for (let i = 0; i < step.count; i++) this.talk(step.what, CHANNELS[step.channel] ?? DIRECT);
  }

  /** Everything that was going on ends well. */
  async finish(): Promise<void> {
    this.server.faults = 0;
    await this.clock.advance(120_000);
    this.server.publishHeads();
    await this.clock.advance(30_000);
    await this.client.close();
  }

  private talk(type: Talk, channelId: string): void {
    this.count += 1;
    const text = `${type} ${this.count}`;
    if (type === 'say') this.server.say(channelId, text);
    else {
      this.client.send({ channelId, text });
      this.sentTexts.get(channelId)?.push(text);
    }
  }

  private async restart(): Promise<void> {
    await this.client.close();
    this.client = this.newClient();
    void this.client.connect();
  }
}

describe('exactly once, in order', () => {
  it('holds over cuts, resumes, owner changes, restarts, lost answers, late and doubled frames', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        steps,
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        async (seed, plan, faults) => {
          const run = new Run(seed);
          run.server.faults = faults;
          await run.begin();
          for (const step of plan) await run.step(step);
          await run.finish();
          for (const channelId of CHANNELS) {
            const log = run.server.logs.get(channelId) ?? [];
            const seen = run.seen.get(channelId) ?? [];
            expect(seen.map(({ seq }) => seq)).toEqual(log.map(({ seq }) => seq));
            expect(seen.map((event) => (event.type === 'message' ? event.text : ''))).toEqual(
              log.map(({ message }) => message?.text),
            );
            const accepted = run.sentTexts.get(channelId)?.filter((text) => !text.startsWith('bad')) ?? [];
            const stored = log.filter(({ from }) => from === 'alice').map(({ message }) => message?.text);
            expect(stored).toEqual(accepted);
            for (const text of run.sentTexts.get(channelId) ?? [])
              expect([text, run.outcomes.get(text)]).toEqual([text, text.startsWith('bad') ? 'failed' : 'sent']);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
