import { expect, it } from 'vitest';
import { LIMITS } from '../core/limits.js';
import { EncodedEvent } from './encoded-event.js';
import { eventPreview, previewOf } from './preview.js';
import { Long, v1 } from './wire.js';

it('a preview is the whole text, or a beginning of it that is no longer and ends with a whole character', () => {
  expect(previewOf('short', 5)).toBe('short');
  expect(previewOf('longer', 5)).toBe('long…');
  expect(previewOf('abc👍d', 4)).toBe('abc…');
  expect(previewOf('ab👍👍', 5)).toBe('ab👍…');
});

const message = (body: v1.IMessageBody, form?: v1.IMessageForm): EncodedEvent =>
  EncodedEvent.of(v1.Event.create({ seq: 7, from: 'alice', message: body, ...(form && { form }) }));

it('a message that is short already is its own preview', () => {
  const short = message({ text: 'short', replyTo: 3 }, { editedSeq: 8, asOf: 9 });
  expect(eventPreview(short)).toBe(short);
});

it('the preview of a message has the beginning of its text, what it answers, and whether it was edited', () => {
  const { value } = eventPreview(message({ text: 'x'.repeat(300), replyTo: 3 }, { editedSeq: 8, asOf: 9 }));
  expect(value.message).toEqual({ text: `${'x'.repeat(199)}…`, replyTo: 3 });
  expect(value).toMatchObject({ seq: 7, from: 'alice', form: { editedSeq: 8, asOf: 9 } });
});

it('the preview of a message has a bound, however many it mentions and have reacted', () => {
  const userId = 'u'.repeat(32);
  const mentions = Array.from({ length: LIMITS.mentionsMax }, (_, at) => ({ userId, start: at * 4, length: 4 }));
  const reactions = Array.from({ length: LIMITS.reactionsMax }, (_, at) => ({
    emoji: `${at}`,
    count: 25,
    userIds: Array.from({ length: 25 }, () => userId),
  }));
  const form = { editedSeq: 8, editedAt: Long.MAX_UNSIGNED_VALUE, asOf: 9, reactions };
  const { value, bytes } = eventPreview(message({ text: '漢'.repeat(200), mentions }, form));
  expect(value.message?.text).toBe('漢'.repeat(200));
  expect(value.form).toEqual({ ...form, reactions: [] });
  expect(bytes.length).toBeLessThan(1024);
});
