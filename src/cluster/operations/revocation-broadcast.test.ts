import { describe, expect, it } from 'vitest';
import type { Bus } from '../../core/bus.js';
import { ParleyError } from '../../core/errors.js';
import { silentLogger as logger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { OPERATIONS_SUBJECT } from '../../protocol/bus-subjects.js';
import { busEnvelopeCodec } from '../bus/envelope-codec.js';
import { MemoryBus } from '../bus/memory/memory-bus.js';
import { OperationsDesk } from './desk.js';
import { revocationBroadcast } from './revocation-broadcast.js';

describe('the broadcast of revocations', () => {
  it('reaches where tokens are checked, and has nobody answer', async () => {
    const clock = new FakeClock();
    const bus = new MemoryBus<BusEnvelope>(clock, { codec: busEnvelopeCodec(1_024) });
    const heard: unknown[] = [];
    const tokens = { revoke: (...revoked: unknown[]): void => void heard.push(revoked) };
    for (const [incarnation, checks] of Object.entries({ api: { tokens }, gateway: { tokens }, node: {} }))
      await new OperationsDesk({ bus, incarnation, operations: { report: () => ({}), ...checks }, logger }).start();
    const answers: unknown[] = [];
    await bus.subscribe('', (envelopes) => void answers.push(...envelopes));
    revocationBroadcast({ bus, logger })('alice', ['phone', 'laptop'], 1_700_000_000_123);
    await clock.settle();
    const both = ['phone', 'laptop'].map((deviceId) => ['alice', deviceId, 1_700_000_000_123]);
    expect(heard).toEqual([...both, ...both]);
    expect(answers).toEqual([]);
  });

  it('is given up when the bus takes nothing, and the log says so', () => {
    const publish = (subject: string): void => {
      expect(subject).toBe(OPERATIONS_SUBJECT);
      throw new ParleyError('overloaded');
    };
    const warnings: string[] = [];
    const warn = (_: object, sentence: string): void => void warnings.push(sentence);
    const bus = { publish } as unknown as Bus<BusEnvelope>;
    revocationBroadcast({ bus, logger: { ...logger, warn } })('alice', ['phone'], 1);
    expect(warnings).toHaveLength(1);
  });
});
