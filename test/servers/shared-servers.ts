/**
 * One set of servers for all tests that leave their servers alone, so that none waits for a start of its own, nor works on a
 * Cassandra that still compiles its code. Vitest sets this up in its main process before the tests on real servers; the set
 * starts when the first test asks for a place.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { findServers, SERVERS_HINT } from './server-programs.js';
import { ServerSet } from './server-set.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Each GET is answered with a ServerPlace as JSON. */
    readonly sharedServers: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<ServerSet> | undefined;
  const start = (): Promise<ServerSet> => {
    const programs = findServers();
    return programs === undefined ? Promise.reject(new Error(SERVERS_HINT)) : ServerSet.start(programs);
  };
  const places = createServer((_, response) => {
    started ??= start();
    started
      .then((set) => set.newPlace())
      .then((place) => response.end(JSON.stringify(place)))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => places.listen(0, '127.0.0.1', resolve));
  project.provide('sharedServers', `http://127.0.0.1:${(places.address() as AddressInfo).port}`);
  return async () => {
    places.close();
    await (await started?.catch(() => undefined))?.remove();
  };
}
