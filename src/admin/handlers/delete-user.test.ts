import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Notice, Question } from '../../protocol/bus-messages.js';
import type { AdminDeps } from '../deps.js';
import { deleteUser } from './delete-user.js';

/** Mallory, friends with many, and an actor that forgets in some rounds. What happens, in its order. */
class Server {
  readonly clock = new FakeClock();
  readonly steps: string[] = [];
  state = 'active';
  friends: readonly string[] = ['alice', 'bob', 'carol'];
  rounds = 3;
  /** What a round takes, and the channels that it cannot leave. */
  roundMs = 0;
  notLeft: readonly string[] = [];
  /** The step that fails, once. */
  failing = '';

  private step(name: string): void {
    this.steps.push(name);
    if (name !== this.failing) return;
    this.failing = '';
    throw new ParleyError('forbidden');
  }

  private account = (state = this.state) => ({ userId: 'mallory', displayName: 'mallory', state, createdAtMs: 0 });

  private directory = {
    administration: {
      find: async () => this.account(),
      setState: async (_: string, state: string) => {
        this.step(state);
        this.state = state;
      },
      erase: async () => {
        this.step('erase');
        this.state = 'deleted';
        return this.account();
      },
    },
    devices: { removeOthers: async () => [] },
    friends: {
      list: async (_: string, { after = '' }: { after?: string }) => {
        const rest = this.friends.filter((userId) => userId > after);
        const relations = rest.slice(0, 2).map((userId) => ({ userId }));
        return rest.length > 2 ? { relations, next: rest[1] } : { relations };
      },
      remove: async (_: string, friend: string) => {
        this.step(`no friend of ${friend}`);
        this.friends = this.friends.filter((userId) => userId !== friend);
        return { state: 'none', factsChanged: ['mallory', friend], othersViewChanged: true };
      },
    },
  };

  private actors = {
    tell: (actor: string, { type }: Notice) => {
      if (actor !== 'user:mallory') this.steps.push(`${type} ${actor}`);
    },
    ask: async (_: string, { type }: Question) => {
      this.step(type);
      if (type !== 'forget') return { type: 'done', value: {} };
      this.rounds--;
      await this.clock.advance(this.roundMs);
      return { type: 'forgotten', value: { done: this.rounds <= 0, notLeft: this.notLeft } };
    },
  };

  private asker = { askAll: async () => ({ answers: [], silent: [] }) };

  delete() {
    const { clock, directory, actors, asker } = this;
    return deleteUser({ clock, directory, actors, asker } as unknown as AdminDeps, { userId: 'mallory' });
  }
}

const FRIENDS = ['alice', 'bob', 'carol'].flatMap((name) => [`no friend of ${name}`, `directory_changed user:${name}`]);

describe('the deletion of a user', () => {
  it('logs out, ends friendships, then erases the account, and has all else forgotten to the end', async () => {
    const server = new Server();
    expect(await server.delete()).toMatchObject({ userId: 'mallory', state: 'deleted' });
    expect(server.steps).toEqual(['suspended', 'revoke', ...FRIENDS, 'erase', 'forget', 'forget', 'forget']);
  });

  it.each(['suspended', 'revoke', 'no friend of bob', 'erase', 'forget'])(
    'is finished by the next one when it was cut off at: %s',
    async (step) => {
      const server = new Server();
      server.failing = step;
      await expect(server.delete()).rejects.toMatchObject({ kind: 'forbidden' });
      expect(await server.delete()).toMatchObject({ state: 'deleted' });
      expect({ friends: server.friends, rounds: server.rounds }).toEqual({ friends: [], rounds: 0 });
      expect(new Set(server.steps)).toEqual(new Set(['suspended', 'revoke', ...FRIENDS, 'erase', 'forget']));
    },
  );

  it('says which channels cannot be left, and does not wait for them', async () => {
    const server = new Server();
    server.notLeft = ['tea', 'cake'];
    const sentence = expect.stringMatching(/account is deleted.* tea, cake\. .*by itself/);
    await expect(server.delete()).rejects.toMatchObject({ kind: 'unavailable', message: sentence });
    expect(server.rounds).toBe(2);
  });

  it('says that it goes on by itself when it takes longer than an answer may', async () => {
    const server = new Server();
    server.roundMs = 5_000;
    const sentence = expect.stringContaining('goes on by itself');
    await expect(server.delete()).rejects.toMatchObject({ kind: 'unavailable', message: sentence });
    expect(server.rounds).toBe(1);
  });
});
