import { expect, it } from 'vitest';
import type { OperationsAsker } from '../../cluster/operations/asker.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Membership } from '../../core/membership.js';
import { storedChannels } from './stored-channels.js';

const PAGE = LIMITS.operationsPageMax;

/** Processes by their incarnations: what a node has, or why it does not answer; undefined: it is none. */
function ask(processes: Record<string, readonly string[] | ParleyError | undefined>) {
  const asked: string[] = [];
  let turns = 0;
  const asker = {
    askOne: async (incarnation: string, { logs }: { logs: { after: string; limit: number } }) => {
      asked.push(incarnation);
      const has = processes[incarnation];
      if (has instanceof ParleyError) throw has;
      const from = has === undefined || logs.after === '' ? 0 : has.indexOf(logs.after) + 1;
      return has === undefined ? {} : { logs: { logs: has.slice(from, from + logs.limit) } };
    },
  } as unknown as OperationsAsker;
  const membership = {
    processes: () => Object.keys(processes).map((incarnation) => ({ incarnation })),
  } as unknown as Membership;
  const pace = {
    turn: async () => {
      turns++;
    },
  };
  const all = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const channelId of storedChannels({ asker, membership }, pace)) found.push(channelId);
    return found;
  };
  return { all, asked, turns: () => turns };
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => (at % 2 === 0 ? `channel:ann~ben${at}` : `user:u${at}`));

it('are told page by page, channels alone, each page in its turn', async () => {
  const { all, turns } = ask({ gateway: undefined, node: names(2 * PAGE + 1) });
  const channels = await all();
  expect([channels.length, channels[1], channels.at(-1)]).toEqual([PAGE + 1, 'ann~ben2', `ann~ben${2 * PAGE}`]);
  expect(turns()).toBe(3);
});

it('are asked of another node when one does not answer', async () => {
  const { all, asked } = ask({ one: new ParleyError('timeout'), two: ['channel:ann~ben', 'channel:?', 'user:a'] });
  expect(await all()).toEqual(['ann~ben']);
  expect(asked).toEqual(['one', 'two']);
});

it('are unknown when no node answers', async () => {
  const { all } = ask({ gateway: undefined, node: new ParleyError('timeout') });
  await expect(all()).rejects.toMatchObject({ kind: 'unavailable' });
});
