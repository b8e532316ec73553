// Search through the wire of a cluster on real servers, before and after the owner of what is searched was killed.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ParleyClient, type SearchRequest, webSocketFactory } from '../../client/index.js';
import { findServers, RealCluster, SERVERS_HINT } from '../cluster/real-cluster.js';
import type { RoleProcess } from '../cluster/role-process.js';
import { describeWith } from '../servers/requirement.js';

const PASSWORD = 'correct horse battery';
const START_MS = 300_000;
const TALK = ['the rain', '東京都の天気', '北京大学', '학교에서', 'ประชุมพรุ่งนี้'];
/** More than a segment holds: some is found by the index, the rest in the log. */
const MESSAGES = 640;
const AT_ONCE = 32;
/** A killed node's shards are another's by then. */
const FOUND_WITHIN_MS = 60_000;

describeWith('search in a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let ann: ParleyClient;
  let bob: ParleyClient;
  let eve: ParleyClient;
  let group = '';

  async function person(userId: string): Promise<ParleyClient> {
    const client = new ParleyClient({ baseUrl: cluster.origin, webSocket: webSocketFactory(WebSocket) });
    await client.signUp({ userId, password: PASSWORD });
    await client.connect();
    return client;
  }

  /** All pages: the numbers at the ends of the texts found. */
  async function found(client: ParleyClient, request: SearchRequest): Promise<number[]> {
    const numbers: number[] = [];
    for (let before: string | undefined; ; ) {
      const page = await client.search({ ...request, limit: 50, ...(before === undefined ? {} : { before }) });
      numbers.push(...page.items.map(({ event }) => Number(event.text.split(' ').at(-1))));
      if (page.next === undefined) return numbers;
      before = page.next;
      await pause(250); // a search has a rate
    }
  }

  async function expectAll(): Promise<void> {
    for (const [at, word] of ['rain', '天気', '大学', '학교', 'ประชุม'].entries()) {
      const wanted = Array.from({ length: MESSAGES }, (_, i) => i).filter((i) => i % TALK.length === at);
      const search = (): Promise<number[]> => found(bob, { words: word, channelId: group }).catch(() => []);
      await expect.poll(search, { timeout: FOUND_WITHIN_MS, interval: 1000, message: word }).toEqual(wanted.reverse());
    }
  }

  async function ownerOf(actor: string): Promise<RoleProcess> {
    const { ownerName } = JSON.parse((await cluster.operate('where', actor, '--json')).stdout) as { ownerName: string };
    return cluster.nodes.find(({ name }) => name === ownerName) ?? expect.fail(`no node is called ${ownerName}`);
  }

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { gateways: 1, admin: true });
    [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    ({ channelId: group } = await ann.createChannel({ name: 'Weather', members: ['bob'] }));
  }, START_MS);
  afterAll(async () => {
    for (const client of [ann, bob, eve]) await client?.close();
    await cluster?.remove();
  });

  it(
    'finds every message, in languages without spaces too, also where the owner of the channel was killed',
    async () => {
      for (let from = 0; from < MESSAGES; from += AT_ONCE) {
        const sends = Array.from({ length: AT_ONCE }, (_, i) => `${TALK[(from + i) % TALK.length]} ${from + i}`);
        await Promise.all(sends.map((text) => ann.send({ channelId: group, text }).sent()));
      }
      await expectAll();
      const owner = await ownerOf(`channel:${group}`);
      await owner.kill();
      await expectAll();
      await owner.comeBack();
      await cluster.untilBalanced();
      await expectAll();
    },
    START_MS,
  );

  it(
    'shows an edit by its new words, an erased message and what is of others never',
    async () => {
      const first = await ann.send({ channelId: group, text: 'an apple 1' }).sent();
      const second = await ann.send({ channelId: group, text: 'an apple 2' }).sent();
      await ann.edit(group, first.seq, 'a pear 1').sent();
      await ann.erase(group, second.seq).sent();
      expect(await found(bob, { words: 'apple' })).toEqual([]);
      expect(await found(bob, { words: 'pear' })).toEqual([1]);
      expect(await found(eve, { words: 'pear' })).toEqual([]);
      await expect(eve.search({ words: 'pear', channelId: group })).rejects.toMatchObject({ kind: 'not_a_member' });
      await expect(eve.search({ words: 'tea'.repeat(3_500) })).rejects.toMatchObject({ kind: 'search_too_long' });
      await expect(eve.search({ words: 'te '.repeat(1_000) })).rejects.toMatchObject({ kind: 'search_too_many_words' });
    },
    START_MS,
  );
});
