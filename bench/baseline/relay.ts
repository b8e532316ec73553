/**
 * The floor: a bare uWebSockets.js process that passes messages on. No accounts, no ids, no order. With --data it
 * also syncs two rows a message to LMDB before it forwards. Usage: relay.js --port N [--data FOLDER [--collect MS]]
 */

import uWebSockets, { type WebSocket } from 'uWebSockets.js';
import { parseArgs } from 'node:util';
import { DurableRows } from './durable-rows.js';
import { ACKNOWLEDGED, DIRECT, PUBLISH, RELAY_HEADER_BYTES, relayFrame } from './relay-frames.js';

interface Connection {
  readonly user: number;
}

const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, collect: { type: 'string', default: '0' } },
});
const rows = values.data === undefined ? undefined : new DurableRows(values.data, Number(values.collect));
const connections = new Map<number, WebSocket<Connection>>();
const NOTHING = new Uint8Array(0);

function forward(from: number, to: number, frame: Buffer): void {
  connections.get(from)?.send(relayFrame(ACKNOWLEDGED, to, frame.readUInt32LE(5), NOTHING), true);
  connections.get(to)?.send(frame, true);
}

const app = uWebSockets
  .App()
  .ws<Connection>('/*', {
    compression: uWebSockets.DISABLED,
    maxPayloadLength: 64 * 1024,
    maxBackpressure: 16 * 1024 * 1024,
    idleTimeout: 120,
    upgrade(response, request, context) {
      response.upgrade(
        { user: Number(request.getQuery('user')) },
        request.getHeader('sec-websocket-key'),
        '',
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open(socket) {
      connections.set(socket.getUserData().user, socket);
      socket.subscribe('all');
    },
    message(socket, message) {
      const frame = Buffer.from(message);
      if (frame.length < RELAY_HEADER_BYTES) return;
      const { user } = socket.getUserData();
      if (frame.readUInt8(0) === PUBLISH) {
        app.publish('all', frame, true);
        return;
      }
      if (frame.readUInt8(0) !== DIRECT) return;
      const to = frame.readUInt32LE(1);
      if (rows === undefined) forward(user, to, frame);
      else {
        const kept = Buffer.from(frame);
        rows.write(to, kept, () => forward(user, to, kept));
      }
    },
    close(socket) {
      connections.delete(socket.getUserData().user);
    },
  })
  .listen('127.0.0.1', Number(values.port), (listening) => {
    if (!listening) {
      console.error(`port ${values.port} is taken`);
      process.exit(1);
    }
    console.log('ready');
  });
