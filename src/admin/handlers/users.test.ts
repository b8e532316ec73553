import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { OperationsQuestion } from '../../protocol/admin-messages.js';
import type { Question } from '../../protocol/bus-messages.js';
import type { AdminDeps } from '../deps.js';
import { revokeUser, suspendUser } from './users.js';

/** One account with a phone; what its actor and the processes are asked. */
class Server {
  readonly clock = new FakeClock();
  state = 'active';
  devices: readonly string[] = ['phone'];
  /** Why the actor does not answer. */
  refusal: ParleyError | undefined;
  readonly asked: Question[] = [];
  readonly heard: OperationsQuestion[] = [];

  get deps(): AdminDeps {
    const account = () => ({ userId: 'mallory', displayName: 'mallory', state: this.state, createdAtMs: 0 });
    const removeOthers = async () => {
      const removed = this.devices;
      this.devices = [];
      return removed;
    };
    return {
      clock: this.clock,
      directory: {
        administration: {
          find: async () => account(),
          setState: async (_: string, state: string) => {
            this.state = state;
            return account();
          },
        },
        devices: {
          removeOthers,
          remove: async (_: string, deviceId: string) => {
            const known = this.devices.includes(deviceId);
            this.devices = this.devices.filter((other) => other !== deviceId);
            return known;
          },
        },
      },
      actors: {
        ask: async (_: string, question: Question) => {
          this.asked.push(question);
          if (this.refusal !== undefined) throw this.refusal;
          return { type: 'done', value: {} };
        },
      },
      asker: {
        askAll: async (question: OperationsQuestion) => {
          this.heard.push(question);
          return { answers: [], silent: [] };
        },
      },
    } as unknown as AdminDeps;
  }
}

describe('a suspension', () => {
  it('is done once the owner of the user’s actor has it, however often it is asked', async () => {
    const server = new Server();
    server.refusal = new ParleyError('timeout');
    let done = false;
    const suspended = suspendUser(server.deps, { userId: 'mallory' }).then(() => {
      done = true;
    });
    await server.clock.advance(1_000);
    expect({ done, tried: server.asked.length > 2 }).toEqual({ done: false, tried: true });
    server.refusal = undefined;
    await server.clock.advance(1_000);
    await suspended;
    expect(server.asked.at(-1)).toMatchObject({ type: 'revoke', deviceId: undefined });
  });

  it('says so when the owner never answers; the other processes have heard of it', async () => {
    const server = new Server();
    server.refusal = new ParleyError('unavailable');
    const suspended = expect(suspendUser(server.deps, { userId: 'mallory' })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await server.clock.advance(20_000);
    await suspended;
    expect(server.state).toBe('suspended');
    expect(server.heard).toMatchObject([{ revoked: { userId: 'mallory', all: true, deviceIds: ['phone'] } }]);
  });

  it('tells all when it is repeated and the devices are gone already', async () => {
    const server = new Server();
    server.devices = [];
    await suspendUser(server.deps, { userId: 'mallory' });
    expect(server.heard).toMatchObject([{ revoked: { userId: 'mallory', all: true, deviceIds: [] } }]);
    expect(server.asked).toMatchObject([{ type: 'revoke', deviceId: undefined }]);
  });
});

describe('a revocation of one device', () => {
  const request = { userId: 'mallory', deviceId: 'phone' };

  it('asks and tells of that one', async () => {
    const server = new Server();
    expect(await revokeUser(server.deps, request)).toEqual({ deviceIds: ['phone'] });
    expect(server.asked).toMatchObject([{ type: 'revoke', deviceId: 'phone' }]);
    expect(server.heard).toMatchObject([{ revoked: { userId: 'mallory', all: false, deviceIds: ['phone'] } }]);
  });

  it('ends sessions when it is repeated, and says that there is no such device', async () => {
    const server = new Server();
    server.devices = [];
    await expect(revokeUser(server.deps, request)).rejects.toMatchObject({ kind: 'not_found' });
    expect(server.asked).toMatchObject([{ type: 'revoke', deviceId: 'phone' }]);
    expect(server.heard).toMatchObject([{ revoked: { deviceIds: ['phone'] } }]);
  });
});
