import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { systemRandom } from '../../core/random.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { fromPostgres, remedyFor } from './errors.js';
import { PostgresTransactions } from './transactions.js';

const failure = (code: string): Error => Object.assign(new Error('told by the server'), { code });

describe('an error of PostgreSQL', () => {
  it.each(['57P01', '57P05', '25006', '08006', 'ECONNRESET'])(
    'that says the server is another now, or gone, is one to connect anew after: %s',
    (code) => {
      expect(remedyFor(failure(code))).toBe('reconnect');
      expect(fromPostgres(failure(code))).toMatchObject({ kind: 'unavailable' });
    },
  );

  it('is told when it is a programmer’s, and repeated at once when another transaction was in the way', () => {
    expect(remedyFor(failure('42601'))).toBe('tell');
    expect(remedyFor(failure('40001'))).toBe('again');
    expect(remedyFor(new ParleyError('conflict'))).toBe('tell');
  });

  /** Transactions over one pool whose connections refuse the statements that `refused` says with 0A000. */
  function transactionsWhere(refused: (text: string) => boolean) {
    const closed: boolean[] = [];
    const query = async (text: string) => {
      if (refused(text)) throw failure('0A000');
      return { rows: [] };
    };
    const release = (broken: unknown): void => void closed.push(broken === true || broken instanceof Error);
    const pool = { connect: async () => ({ query, release, on: () => undefined }), end: async () => undefined };
    const clock = new FakeClock();
    const transactions = new PostgresTransactions({ pool: pool as never, clock, random: systemRandom });
    return { transactions, clock, closed };
  }

  it('that comes of a standby has the connection closed, and the work done on the next one', async () => {
    const { transactions, clock, closed } = transactionsWhere(
      (text) => text.startsWith('begin') && closed.length === 0,
    );
    const answer = transactions.read(async () => 'done');
    await clock.advance(1_000);
    expect([await answer, closed]).toEqual(['done', [true, false]]);
  });

  it('that says in a transaction that the server lacks a feature is a programmer’s', async () => {
    const { transactions, closed } = transactionsWhere(() => false);
    const lacking = failure('0A000');
    await expect(transactions.read(() => Promise.reject(lacking))).rejects.toBe(lacking);
    expect(closed).toEqual([false]);
  });
});
