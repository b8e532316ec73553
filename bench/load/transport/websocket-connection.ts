import { type Clock, systemClock } from '../../../src/core/clock.js';
import { encodeClientFrame } from '../../../src/protocol/codec.js';
import type { Connection, ConnectionHandlers, Place } from './connection.js';
import { LoadWebSocket } from './websocket.js';

/** The server answers each heartbeat: a connection that brings nothing for so long after one is dead, as for the SDK. */
const HEARTBEAT_GRACE_MS = 10_000;

/** Rejects when the connection is closed before the upgrade. */
export async function openWebSocket(
  place: Place,
  handlers: ConnectionHandlers,
  clock: Clock = systemClock,
): Promise<Connection> {
  let heard = true;
  const socket = await LoadWebSocket.open(
    { ...place, subprotocol: 'parley.v1.protobuf' },
    {
      onMessage(buffer, start, end) {
        heard = true;
        handlers.onFrame(buffer, start, end);
      },
      onClose: (code) => handlers.onClose(code),
    },
  );
  const expectAnswer = (): void => {
    heard = false;
    clock.after(HEARTBEAT_GRACE_MS, () => {
      if (!heard) socket.close();
    });
  };
  let requests = 0;
  return {
    send(frame) {
      requests++;
      if (frame.heartbeat) expectAnswer();
      socket.send(encodeClientFrame(frame));
    },
    traffic: () => ({ requests, bytesOut: socket.bytesOut, bytesIn: socket.bytesIn }),
    close: () => socket.close(),
  };
}
