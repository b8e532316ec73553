import { expect, it } from 'vitest';
import { FakeClock } from '../../../src/core/testing/fake-clock.js';
import type { v1 } from '../../../src/protocol/wire.js';
import { RequestError } from '../session/request-error.js';
import { readLog } from './read-log.js';

const PAGE = { history: { head: 0, floor: 4, events: [] } } as unknown as v1.ServerFrame;

/** A reader whose first `failures` requests fail. */
function reading(failures: number, withinMs = 30_000) {
  const clock = new FakeClock();
  let asked = 0;
  const request = async (): Promise<v1.ServerFrame> => {
    if (asked++ < failures) throw new RequestError({ name: 'closed', sentence: 'The connection was closed.' });
    return PAGE;
  };
  return { clock, log: readLog({ request }, 'g', { clock, giveUpAt: clock.monotonic() + withinMs }) };
}

it('reads again while a reader is coming back', async () => {
  const { clock, log } = reading(5);
  await clock.advance(20_000);
  expect(await log).toEqual({ channelId: 'g', firstSeq: 5, events: [] });
});

it('gives up when the time is over', async () => {
  const { clock, log } = reading(Number.POSITIVE_INFINITY);
  const failed = expect(log).rejects.toThrow('closed');
  await clock.advance(30_000);
  await failed;
});
