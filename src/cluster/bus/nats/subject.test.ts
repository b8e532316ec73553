import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { natsSubject, SubjectNames } from './subject.js';

describe('the subject on NATS', () => {
  it('keeps plain ids readable, below the cluster', () => {
    expect(natsSubject('blue', 'node.n1-a7')).toBe('parley.blue.node.n1-a7');
    expect(natsSubject('blue', 'fanout.alice~bob_2')).toBe('parley.blue.fanout.alice~bob_2');
  });

  it('holds nothing that NATS forbids or takes for a pattern', () => {
    expect(natsSubject('a.b', 'x.* >\t.é..')).toBe('parley.a=2eb.x.=2a=20=3e=09.=c3=a9.=.=');
    const wellFormed = /^parley(\.[A-Za-z0-9_~=-]+)+$/;
    const text = fc.string({ unit: 'grapheme', maxLength: 5 });
    fc.assert(fc.property(text, text, (cluster, subject) => wellFormed.test(natsSubject(cluster, subject))));
  });

  it('is another one for each cluster and subject', () => {
    const text = fc.stringMatching(/^[a=2e.*]{0,6}$/);
    fc.assert(
      fc.property(text, text, text, text, (clusterA, a, clusterB, b) => {
        const same = clusterA === clusterB && a === b;
        expect(natsSubject(clusterA, a) === natsSubject(clusterB, b)).toBe(same);
      }),
    );
  });

  it('is the same however many others were asked for', () => {
    const names = new SubjectNames('c');
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 12_000; i++) expect(names.of(`fanout.${i}`)).toBe(`parley.c.fanout.${i}`);
    }
  });

  it('is refused when it is longer than NATS reads', () => {
    expect(() => natsSubject('c', 'é'.repeat(200))).toThrow('too long');
  });
});
