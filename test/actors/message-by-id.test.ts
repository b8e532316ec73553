/** A message by its id alone, right after its acknowledgement, on whichever of two nodes its channel and its reader are. */
import { describe, expect, it } from 'vitest';
import { Long } from '../../src/protocol/wire.js';
import { TracedCluster } from '../tracing/traced-cluster.js';

const READERS = Array.from({ length: 8 }, (_, i) => `reader${i}`);

describe('a message by its id, in a cluster', () => {
  it('is found at once by whoever got it, before the index is written and after, and by nobody else', async () => {
    const cluster = await new TracedCluster(0, 'alice', 'mallory', ...READERS).start();
    const alice = await cluster.connect('gateway1', 'alice.phone');
    const mallory = await cluster.connect('gateway2', 'mallory.phone');
    const ask = async (socket: typeof alice, messageId: string) => {
      socket.send({ requestId: 8, getMessage: { messageId: Long.fromString(messageId, true) } });
      await cluster.clock.advance(500);
      const { message, error } = socket.read().find(({ requestId }) => requestId === 8) ?? {};
      return message?.message?.text ?? error?.name;
    };
    const sent = new Map<string, string>();
    for (const [number, userId] of READERS.entries()) {
      const text = `for ${userId}`;
      alice.send({ requestId: 7, send: { userId, clientMessageId: `m${number}`, message: { text } } });
      await cluster.clock.advance(500);
      const messageId = String(alice.read().find(({ requestId }) => requestId === 7)?.sendAck?.messageId);
      const reader = await cluster.connect('gateway2', `${userId}.laptop`);
      expect(await ask(reader, messageId)).toBe(text);
      sent.set(userId, messageId);
    }
    await cluster.clock.advance(10_000);
    for (const [userId, messageId] of sent) {
      expect(await ask(alice, messageId)).toBe(`for ${userId}`);
      expect(await ask(mallory, messageId)).toBe('message_not_found');
    }
  });
});
