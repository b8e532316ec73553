import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import type { Logger } from '../core/logger.js';
import { injectHandler } from './inject-handler.js';

/** A server with one route, and what it logs at the levels that are on by default. */
function served() {
  const lines: object[] = [];
  const note = (fields: object): void => void lines.push(fields);
  const logger: Logger = { debug: () => {}, info: note, warn: note, error: note };
  const app = fastify();
  app.get('/', () => 'hello');
  const handler = injectHandler(app, logger, () => false);
  const statusOf = async (method: string, url = '/') =>
    (await handler({ method, url, headers: {}, body: new Uint8Array(), remoteAddress: '127.0.0.1' })).status;
  return { lines, statusOf };
}

it('a method that no route has finds nothing, whether it is one or not, and nobody fills the log with it', async () => {
  const { lines, statusOf } = served();
  expect(await statusOf('GET')).toBe(200);
  for (const method of ['PUT', 'PROPFIND', 'BREW', 'x'.repeat(4_000)]) expect(await statusOf(method)).toBe(404);
  expect(lines).toEqual([]);
});

it('an address that cannot be read is refused, and nobody fills the log with it', async () => {
  const { lines, statusOf } = served();
  expect(await statusOf('GET', '/\\[')).toBe(400);
  expect(lines).toEqual([]);
});
