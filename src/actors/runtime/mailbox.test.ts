import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mailbox } from './mailbox.js';

interface Numbered {
  readonly number: number;
}

describe('a mailbox', () => {
  it('gives what was put in, in that order, whatever the turns', () => {
    const turns = fc.array(fc.record({ put: fc.nat(40), take: fc.nat(40) }), { maxLength: 30 });
    fc.assert(
      fc.property(turns, (all) => {
        const mailbox = new Mailbox<Numbered>();
        const waiting: number[] = [];
        let count = 0;
        for (const { put, take } of all) {
          for (let i = 0; i < put; i++) {
            waiting.push(count);
            mailbox.push({ number: count++ });
          }
          for (let i = 0; i < take; i++) expect(mailbox.take()?.number).toBe(waiting.shift());
          expect(mailbox.length).toBe(waiting.length);
        }
        expect(mailbox.takeAll().map(({ number }) => number)).toEqual(waiting);
        expect([mailbox.length, mailbox.take()]).toEqual([0, undefined]);
      }),
    );
  });

  it('keeps no more than what waits and as many places again while it is never empty', () => {
    const mailbox = new Mailbox<Numbered>();
    for (let number = 0; number < 10; number++) mailbox.push({ number });
    for (let number = 10; number < 100_000; number++) {
      mailbox.push({ number });
      expect(mailbox.take()?.number).toBe(number - 10);
    }
    const { others } = mailbox as unknown as { readonly others: readonly Numbered[] };
    expect([mailbox.length, others.length < 2_100]).toEqual([10, true]);
  });
});
