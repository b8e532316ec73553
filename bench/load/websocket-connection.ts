import { encodeClientFrame } from '../../src/protocol/codec.js';
import type { Connection, ConnectionHandlers, Place } from './connection.js';
import { LoadWebSocket } from './websocket.js';

/** Rejects when the connection is closed before the upgrade. */
export async function openWebSocket(place: Place, handlers: ConnectionHandlers): Promise<Connection> {
  const socket = await LoadWebSocket.open(
    { ...place, subprotocol: 'parley.v1.protobuf' },
    {
      onMessage: (buffer, start, end) => handlers.onFrame(buffer, start, end),
      onClose: (code) => handlers.onClose(code),
    },
  );
  let requests = 0;
  return {
    send(frame) {
      requests++;
      socket.send(encodeClientFrame(frame));
    },
    traffic: () => ({ requests, bytesOut: socket.bytesOut, bytesIn: socket.bytesIn }),
    close: () => socket.close(),
  };
}
