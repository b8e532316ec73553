/** A place of a test's own on the servers that all tests share. */
import { inject } from 'vitest';
import type { ServerPlace } from './server-set.js';

/** Rejects with a sentence when the servers cannot be had. */
export async function sharedPlace(): Promise<ServerPlace> {
  const answer = await fetch(inject('sharedServers'));
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as ServerPlace;
}
