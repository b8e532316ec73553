import { expect, it } from 'vitest';
import { stored } from '../../protocol/stored.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { Lags } from './lag.js';
import { emptyChannel } from './state.js';

it.each([0, 7])('a checkpoint knows when somebody left last: %i', (newestLeftSeq) => {
  const value = encodeCheckpoint({ ...emptyChannel(), seq: 9, newestLeftSeq }, new Lags());
  expect(decodeCheckpoint(value, new Lags()).newestLeftSeq).toBe(newestLeftSeq);
});

it('of a checkpoint that does not know when somebody left, somebody may have until then', () => {
  const value = stored.ChannelCheckpoint.encode({ seq: 9 }).finish();
  expect(decodeCheckpoint(value, new Lags()).newestLeftSeq).toBe(9);
});
