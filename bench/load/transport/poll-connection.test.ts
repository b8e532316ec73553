import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { decodeServerFrame } from '../../../src/protocol/codec.js';
import type { v1 } from '../../../src/protocol/wire.js';
import { openPolling } from './poll-connection.js';

const CURSOR = { term: 3, sub: 1, inboxSeq: 7 };
const PAGE = { frames: [{ heartbeat: {} }], cursor: '3.1.9', more: false };

/** What a device that comes back with a cursor hears of a server that answers polls with `status`. */
async function helloTo(status: number) {
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url ?? '');
    response.writeHead(status).end(JSON.stringify(PAGE));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const heard: (v1.ServerFrame | number)[] = [];
  const place = { host: '127.0.0.1', port, path: '/', fromAddress: undefined };
  const connection = await openPolling(place, '', 60_000, {
    onFrame: (buffer, start, end) => heard.push(decodeServerFrame(Buffer.from(buffer.subarray(start, end)))),
    onClose: (code) => heard.push(code),
  });
  connection.send({ requestId: 1, hello: { cursor: CURSOR } });
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  return { asked, heard, connection };
}

it('is welcome where its cursor is when the server answers a poll, and then tells what that brought', async () => {
  const { asked, heard, connection } = await helloTo(200);
  expect(asked).toEqual(['/v1/poll?since=3.1.7']);
  expect(heard).toMatchObject([{ requestId: 1, welcome: { cursor: { inboxSeq: 7 } } }, { heartbeat: {} }]);
  connection.close();
});

it('is not welcome where nobody answers', async () => {
  expect((await helloTo(503)).heard).toEqual([1006]);
});
