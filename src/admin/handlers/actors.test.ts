import { describe, expect, it } from 'vitest';
import type { Gathered } from '../../cluster/operations/asker.js';
import type { AdminDeps } from '../deps.js';
import type { AdminRole } from '../roles.js';
import { sessionsOf, where } from './actors.js';

const GATEWAYS = ['g1', 'g2', 'g3', 'g4'];

/** Of each gateway: its sessions in order, or nothing for one that does not answer. */
function depsOf(sessions: Readonly<Record<string, readonly string[]>>): AdminDeps {
  const gathered = (after: string, limit: number): Gathered => ({
    answers: Object.entries(sessions).map(([name, ids]) => {
      const rest = ids.filter((id) => id > after);
      const rows = rest.slice(0, limit).map((sessionId) => ({ sessionId }));
      return { incarnation: `${name}-x`, answer: { sessions: { sessions: rows, more: rest.length > limit } } };
    }),
    silent: GATEWAYS.filter((name) => sessions[name] === undefined).map((name) => `${name}-x`),
  });
  return {
    asker: {
      askAll: async ({ sessions: page }: { sessions: { after: string; limit: number } }) =>
        gathered(page.after, page.limit),
    },
    membership: { processes: () => GATEWAYS.map((name) => ({ name, incarnation: `${name}-x` })) },
  } as unknown as AdminDeps;
}

describe('the sessions of one gateway', () => {
  const deps = depsOf({ g1: ['a', 'b', 'e'], g2: ['c', 'd', 'f', 'g', 'h'], g3: [] });
  const idsOf = async (request: object) => {
    const { sessions, more, silent } = await sessionsOf(deps, request);
    return { ids: (sessions ?? []).map(({ sessionId }) => sessionId), more, silent };
  };

  it('have more to come when that one has, whatever the others have', async () => {
    for (const gateway of ['g1', 'g1-x'])
      expect(await idsOf({ gateway, limit: 3 })).toEqual({ ids: ['a', 'b', 'e'], more: false, silent: [] });
    expect(await idsOf({ gateway: 'g2', limit: 3 })).toEqual({ ids: ['c', 'd', 'f'], more: true, silent: [] });
    expect(await idsOf({ gateway: 'g2', limit: 3, after: 'f' })).toEqual({ ids: ['g', 'h'], more: false, silent: [] });
    expect(await idsOf({ gateway: 'g3', limit: 3 })).toEqual({ ids: [], more: false, silent: [] });
  });

  it('lack an answer when that one is silent', async () => {
    expect(await idsOf({ gateway: 'g4', limit: 3 })).toEqual({ ids: [], more: false, silent: ['g4-x'] });
  });

  it('are those of all, when none is named', async () => {
    expect(await idsOf({ limit: 4 })).toEqual({ ids: ['a', 'b', 'c', 'd'], more: true, silent: ['g4-x'] });
    expect(await idsOf({ limit: 8 })).toMatchObject({ more: false, silent: ['g4-x'] });
  });
});

describe('where an actor is', () => {
  const seenBy = async (role: AdminRole): Promise<readonly (string | null | undefined)[]> => {
    const asker = {
      askAll: async (question: object) => ({
        answers: 'sessions' in question ? [{ incarnation: 'g1-x', answer: { sessions: { sessions: [SESSION] } } }] : [],
        silent: [],
      }),
    };
    const deps = { asker, membership: { processes: () => [] } } as unknown as AdminDeps;
    const call = { operator: { name: 'olga', role }, signal: new AbortController().signal };
    const { sessions } = await where(deps, { actor: 'user:alice' }, call);
    return (sessions ?? []).map(({ address }) => address);
  };
  const SESSION = { sessionId: 's', userId: 'alice', address: '203.0.113.7' };

  it('has the sessions of a user for operators, and not for viewers', async () => {
    expect(await seenBy('operator')).toEqual(['203.0.113.7']);
    expect(await seenBy('viewer')).toEqual([]);
  });
});
