import { expect, it } from 'vitest';
import type { ActorHost } from '../../cluster/actor-host.js';
import { OwnRecords } from '../../cluster/own-records.js';
import { ParleyError } from '../../core/errors.js';
import type { StoreWrite } from '../../core/store.js';
import { Long, v1 } from '../../protocol/wire.js';
import { Forms } from './forms.js';
import { emptyChannel } from './state.js';

const edited = (target: number, seq: number): v1.Event =>
  v1.Event.create({
    ...{ channelId: 'friends', seq, from: 'alice', createdAt: Long.fromNumber(seq, true) },
    edited: { seq: target, message: { text: `text ${seq}` } },
  });

function setUp(commit: (writes: readonly StoreWrite[]) => Promise<void> = async () => undefined) {
  const committed: StoreWrite[] = [];
  const host = {
    store: { readRecords: async () => [] },
    committer: {
      commit: async (writes: readonly StoreWrite[]) => {
        await commit(writes);
        committed.push(...writes);
      },
    },
  } as unknown as ActorHost;
  const ownRecords = new OwnRecords({ id: 'channel:friends', epoch: { term: 1, sub: 1 } });
  const forms = new Forms(host, 'friends', { ...emptyChannel(), hasForms: true }, ownRecords);
  return { forms, committed };
}

it('while the words of edited messages find no room, the forms wait, as many as they may be, and are shown', async () => {
  const { forms, committed } = setUp();
  forms.onTakenBack = async () => {
    throw new ParleyError('overloaded');
  };
  let count = 0;
  while (forms.hasRoom && count < 100_000) forms.note(edited(++count, count + 100_000));
  expect(count).toBe(5_000);
  await expect(forms.flush()).rejects.toMatchObject({ kind: 'overloaded' });
  expect([forms.hasRoom, committed.length]).toEqual([false, 0]);
  expect((await forms.of(7)).message?.text).toBe('text 100007');
  forms.onTakenBack = async () => [];
  await forms.flush();
  expect([forms.hasRoom, committed.length]).toEqual([true, 5_000]);
});

it('nothing is lost of what comes while a form is being written and another one fails', async () => {
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { forms, committed } = setUp(async () => slow);
  forms.onTakenBack = async ([seq]) => {
    if (seq === 2) throw new ParleyError('overloaded');
    return [];
  };
  forms.note(edited(1, 11));
  forms.note(edited(2, 12));
  const first = forms.flush().catch(({ kind }: ParleyError) => kind);
  await new Promise(setImmediate);
  forms.onTakenBack = async () => [];
  forms.note(edited(1, 13));
  const second = forms.flush();
  await new Promise(setImmediate);
  forms.note(edited(1, 14));
  release();
  expect(await first).toBe('overloaded');
  await second;
  await forms.flush();
  const texts = committed.map((write) => (write.type === 'record' ? Buffer.from(write.record.value).toString() : ''));
  expect(texts.map((text) => /text \d+/.exec(text)?.[0])).toEqual(['text 11', 'text 14', 'text 12']);
});
