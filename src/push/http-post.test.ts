import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../core/limits.js';
import { createHttpPoster, type HttpPoster } from './http-post.js';

const HERE = ((_host: string, _options: object, callback: (error: null, addresses: object[]) => void) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof lookup;
const DEADLINE_MS = 500;

let server: Server;
let poster: HttpPoster;
let port = 0;
let waiting: ServerResponse[] = [];

beforeEach(async () => {
  waiting = [];
  server = createServer((request, response) => {
    if (request.url === '/waits') waiting.push(response);
    else response.end('taken');
  });
  server.keepAliveTimeout = 0; // it ends no connection by itself
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as { port: number }).port;
  poster = createHttpPoster({ allowPrivate: true, lookup: HERE }, DEADLINE_MS);
});

afterEach(() => {
  poster.close();
  server.closeAllConnections();
  server.close();
});

const post = (host: string, path = '') => poster.post(`http://${host}.example:${port}/${path}`, {}, 'x');

describe('a post', () => {
  it('goes to another server, however many keep their connections open after theirs', async () => {
    for (let host = 0; host <= LIMITS.pushSendsAtOnceMax; host++)
      expect(await post(`h${host}`)).toMatchObject({ status: 200, body: 'taken' });
  });

  it('fails by its deadline where it waits for a connection, too', async () => {
    const posts = Array.from({ length: 20 }, () => post('slow', 'waits'));
    const outcomes = await Promise.allSettled(posts);
    expect(waiting.length).toBeLessThan(posts.length);
    expect(outcomes.map(({ status }) => status)).toEqual(posts.map(() => 'rejected'));
  });
});
