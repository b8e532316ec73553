import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { SocketBytes } from './socket-bytes.js';

class FakeSocket extends EventEmitter {
  bytesWritten = 0;
  bytesRead = 0;

  carry(out: number, back: number): void {
    this.bytesWritten += out;
    this.bytesRead += back;
  }
}

it('counts what open and closed sockets carried, each once, and keeps the open ones only', () => {
  const bytes = new SocketBytes();
  const lasting = new FakeSocket();
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const refused = new FakeSocket();
    bytes.note(refused);
    bytes.note(lasting);
    refused.carry(3, 2);
    lasting.carry(10, 20);
    refused.emit('close');
  }
  expect(bytes.total).toEqual({ bytesOut: 13_000, bytesIn: 22_000 });
  expect(bytes.kept).toBe(1);
});
