import { expect, it } from 'vitest';
import type { OperationsAsker } from '../../cluster/operations/asker.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Membership } from '../../core/membership.js';
import { storedChannels } from './stored-channels.js';

const PAGE = LIMITS.operationsPageMax;

/** What it has, or why it does not answer; undefined: it does not know the question. */
type Answers = readonly string[] | ParleyError | undefined;

interface Process {
  readonly roles: readonly string[];
  answers: Answers;
}

const node = (answers: Answers): Process => ({ roles: ['node'], answers });
const gateway = (): Process => ({ roles: ['gateway'], answers: undefined });

/** Processes by their incarnations. `onTurn`: before the page of that number is read. */
function ask(processes: Record<string, Process>, onTurn: (page: number) => void = () => undefined) {
  const asked: string[] = [];
  let turns = 0;
  const asker = {
    askOne: async (incarnation: string, { logs }: { logs: { after: string; limit: number } }) => {
      asked.push(incarnation);
      const has = processes[incarnation]?.answers;
      if (has instanceof ParleyError) throw has;
      const from = has === undefined || logs.after === '' ? 0 : has.indexOf(logs.after) + 1;
      return has === undefined ? {} : { logs: { logs: has.slice(from, from + logs.limit) } };
    },
  } as unknown as OperationsAsker;
  const membership = {
    processes: () => Object.entries(processes).map(([incarnation, { roles }]) => ({ incarnation, roles })),
  } as unknown as Membership;
  const pace = { turn: async () => onTurn(++turns) };
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
  const { all, turns } = ask({ node: node(names(2 * PAGE + 1)) });
  const channels = await all();
  expect([channels.length, channels[1], channels.at(-1)]).toEqual([PAGE + 1, 'ann~ben2', `ann~ben${2 * PAGE}`]);
  expect(turns()).toBe(3);
});

it('are asked of nodes alone, since nobody else has a store', async () => {
  const { all, asked } = ask({
    gateway: gateway(),
    api: { roles: ['api'], answers: [] },
    one: node(['channel:ann~ben']),
  });
  expect(await all()).toEqual(['ann~ben']);
  expect(asked).toEqual(['one']);
});

it('are asked of another node when one does not answer, which is asked on', async () => {
  const has = ['channel:?', ...names(PAGE)];
  const { all, asked } = ask({ one: node(new ParleyError('timeout')), two: node(has), three: node(has) });
  expect(await all()).toHaveLength(PAGE / 2);
  expect(asked).toEqual(['one', 'two', 'two']);
});

it('go on where they were when the node that tells them goes away, or does not answer any more', async () => {
  const has = names(3 * PAGE);
  const processes: Record<string, Process> = { one: node(has), two: node(has), three: node(has) };
  const { all, asked } = ask(processes, (page) => {
    if (page === 2) delete processes.one;
    if (page === 3) processes.two = node(new ParleyError('timeout'));
  });
  const channels = await all();
  expect([channels.length, new Set(channels).size]).toEqual([(3 * PAGE) / 2, (3 * PAGE) / 2]);
  expect(asked).toEqual(['one', 'two', 'two', 'three', 'three']);
});

it('are asked of a newer node while an older one does not know the question', async () => {
  const { all, asked } = ask({ older: node(undefined), newer: node(names(PAGE)) });
  expect(await all()).toHaveLength(PAGE / 2);
  expect(asked).toEqual(['older', 'newer', 'newer']);
});

it('are unknown when no node answers, knows the question, or is there', async () => {
  const timeout = new ParleyError('timeout');
  const silent = ask({ gateway: gateway(), one: node(timeout), older: node(undefined) }).all();
  await expect(silent).rejects.toMatchObject({
    kind: 'unavailable',
    cause: timeout,
    message: expect.stringMatching(/answers/),
  });
  const older = ask({ gateway: gateway(), one: node(undefined), two: node(undefined) }).all();
  await expect(older).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/older version/) });
  await expect(ask({ gateway: gateway() }).all()).rejects.toMatchObject({ kind: 'unavailable' });
});
