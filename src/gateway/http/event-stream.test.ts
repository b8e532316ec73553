import { expect, it } from 'vitest';
import { cursor } from '../testing/fake-cluster.js';
import { Stage } from '../testing/stage.js';
import { EventStream } from './event-stream.js';
import type { Exchange } from './exchange.js';
import { StreamFollowers } from './stream-followers.js';

const taking = { begin: () => undefined, write: () => true, end: () => undefined } as unknown as Exchange;
const CHANNEL = 'g0000000000000000001';
const CLAIMS = { userId: 'alice', deviceId: 'phone', issuedAtMs: 0, expiresAtMs: 1e15 };

/** A stream whose session follows a channel. */
async function following() {
  const stage = new Stage();
  const followers = new StreamFollowers();
  const stream = new EventStream(taking, followers);
  const link = stage.host.link(stream, '10.0.0.1');
  stream.link = link;
  await stage.host.open(link, CLAIMS, cursor(0));
  const sessionId = link.session?.id ?? '';
  stage.cluster.emit({ type: 'fanout_interest', sessionId, add: [CHANNEL], seqs: [], remove: [] });
  expect(followers.size).toBe(1);
  return { stream, link, followers, sessionId, stage };
}

it('follows nothing any more when its client has gone', async () => {
  const { stream, link, followers } = await following();
  link.lost(1006);
  stream.ended();
  expect(followers.size).toBe(0);
});

it('follows nothing any more when it is closed, or its session ended', async () => {
  const { link, followers } = await following();
  link.close('draining');
  expect(followers.size).toBe(0);
  const other = await following();
  other.stage.cluster.emit({ type: 'session_end', sessionId: other.sessionId, reason: 'session_revoked' });
  expect(other.followers.size).toBe(0);
});

it('no longer follows what its session lost interest in', async () => {
  const { followers, sessionId, stage } = await following();
  stage.cluster.emit({ type: 'fanout_interest', sessionId, add: [], seqs: [], remove: [CHANNEL] });
  expect(followers.size).toBe(0);
});
