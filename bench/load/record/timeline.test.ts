import { expect, it } from 'vitest';
import { mergeMoments, Timeline } from './timeline.js';

it('takes the latencies of several generators together, each message for one', () => {
  const [most, one] = [new Timeline(0, 1_000), new Timeline(0, 1_000)];
  for (let message = 0; message < 99; message++) most.delivered(0, 1);
  one.delivered(0, 1_000);
  one.count('sent', 0);
  most.count('sent', 0);
  const [moment] = mergeMoments([most.moments(), one.moments()]);
  expect(moment).toMatchObject({ sent: 2, acknowledgementP99Ms: undefined });
  expect(moment?.deliveryP50Ms).toBeCloseTo(1, 1);
  expect(mergeMoments([])).toEqual([]);
});
