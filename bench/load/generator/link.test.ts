import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { watchPeer } from './link.js';

it('takes a peer for dead of which nothing comes, and tells its own that it lives', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setImmediate', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const written: string[] = [];
  const socket = Object.assign(new EventEmitter(), { write: (text: string) => written.push(text) });
  let dead = false;
  watchPeer(socket as unknown as Socket, () => {
    dead = true;
    socket.emit('close');
  });
  for (let second = 0; second < 100; second += 20) {
    await vi.advanceTimersByTimeAsync(20_000);
    socket.emit('data');
  }
  expect([dead, written.length]).toEqual([false, 50]);
  await vi.advanceTimersByTimeAsync(70_000);
  expect(dead).toBe(true);
});
