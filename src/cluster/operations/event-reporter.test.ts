import { describe, expect, it } from 'vitest';
import type { Bus } from '../../core/bus.js';
import { silentLogger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { OperationsEvent } from '../../protocol/admin-messages.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { EventReporter } from './event-reporter.js';

function reporter() {
  const clock = new FakeClock();
  const told: OperationsEvent[] = [];
  const publish = (_: string, [envelope]: readonly BusEnvelope[]): void => {
    if (envelope?.type === 'operations_event') told.push(envelope.event);
  };
  const bus = { publish } as unknown as Bus<BusEnvelope>;
  return { clock, told, ...new EventReporter({ bus, incarnation: 'node-1-x', clock, logger: silentLogger }) };
}

describe('the reporter of events', () => {
  it('tells who says it, and what', () => {
    const { tell, told } = reporter();
    tell('slow_reader', 'alice', 'Her session was cut off.');
    expect(told).toMatchObject([
      { type: 'slow_reader', subject: 'alice', text: 'Her session was cut off.', process: 'node-1-x', lost: 0 },
    ]);
  });

  it('keeps to a rate however much happens, and then tells how many it kept to itself', async () => {
    const { tell, told, clock } = reporter();
    for (let i = 0; i < 1_000; i++) tell('actor_crashed', `user:u${i}`, 'It ended.');
    expect(told).toHaveLength(100);
    await clock.advance(1_000);
    tell('actor_crashed', 'user:last', 'It ended.');
    expect(told.slice(100)).toMatchObject([{ subject: 'user:last', lost: 900 }]);
  });
});
