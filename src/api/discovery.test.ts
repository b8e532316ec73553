import { describe, expect, it } from 'vitest';
import type { ProcessInfo } from '../core/membership.js';
import { seededRandom } from '../core/random.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { createDiscovery } from './discovery.js';
import { gateway, membershipOf } from './testing/harness.js';

const clock = new FakeClock();
const now = clock.now();
const fresh = { at: now };

function ranked(processes: readonly ProcessInfo[], seed = 1): string[] {
  const discovery = createDiscovery({
    membership: membershipOf(() => processes),
    clock,
    random: seededRandom(seed),
    zone: 'z',
  });
  return discovery.gateways().map((process) => process.incarnation);
}

describe('discovery', () => {
  it('names the one gateway there is, however busy, old or near its end', () => {
    const only = gateway('g', { at: 0, draining: true, sessions: 1e6 }, 'elsewhere');
    expect(ranked([only])).toEqual(['g']);
  });

  it('names nothing but gateways', () => {
    expect(ranked([{ ...gateway('n'), roles: ['node'] }, gateway('g', fresh)])).toEqual(['g']);
    expect(ranked([])).toEqual([]);
  });

  it('leaves out gateways that drain or have not been heard of for 5 s, while there are others', () => {
    const processes = [
      gateway('drains', { ...fresh, draining: true }),
      gateway('silent', { at: now - 5001 }),
      gateway('heard', { at: now - 5000, sessions: 999 }),
    ];
    expect(ranked(processes)).toEqual(['heard']);
    expect(ranked(processes.slice(0, 2))).toEqual(['silent']);
  });

  it('names gateways of the same zone before all others', () => {
    const near = gateway('near', { ...fresh, sessions: 500 });
    const far = gateway('far', fresh, 'elsewhere');
    for (let seed = 0; seed < 20; seed++) expect(ranked([far, near], seed)).toEqual(['near', 'far']);
  });

  it('puts the less busy of two first: by sessions, and by how late its event loop runs', () => {
    const quiet = gateway('quiet', { ...fresh, sessions: 10 });
    for (let seed = 0; seed < 20; seed++) {
      expect(ranked([gateway('full', { ...fresh, sessions: 11 }), quiet], seed)).toEqual(['quiet', 'full']);
      const late = gateway('late', { ...fresh, sessions: 9, eventLoopDelayMs: 50 });
      expect(ranked([late, quiet], seed)).toEqual(['quiet', 'late']);
    }
  });

  it('spreads logins between two load reports, yet never puts the busiest of three first', () => {
    const processes = [1, 2, 3].map((sessions) => gateway(`g${sessions}`, { ...fresh, sessions }));
    const first = new Map<string, number>();
    for (let seed = 0; seed < 300; seed++) {
      const [best = ''] = ranked(processes, seed);
      first.set(best, (first.get(best) ?? 0) + 1);
    }
    expect(first.get('g1')).toBeGreaterThan(150);
    expect(first.get('g2')).toBeGreaterThan(50);
    expect(first.get('g3')).toBeUndefined();
  });

  it('leaves none of four gateways above 1.2 times the mean after a thousand logins in one second', () => {
    const clock = new FakeClock();
    for (let seed = 1; seed <= 20; seed++) {
      const processes = [1, 2, 3, 4].map((number) => gateway(`g${number}`, { at: clock.now() }));
      const membership = membershipOf(() => processes);
      const discovery = createDiscovery({ membership, clock, random: seededRandom(seed), zone: '' });
      const given = new Map<string, number>();
      for (let login = 0; login < 1_000; login++) {
        const best = discovery.gateways()[0]?.incarnation ?? '';
        given.set(best, (given.get(best) ?? 0) + 1);
      }
      expect(given.size).toBe(4);
      expect(Math.max(...given.values()), `seed ${seed}`).toBeLessThanOrEqual(1.2 * 250);
    }
  });

  it('counts what it has sent to a gateway until the gateway reports it', () => {
    const clock = new FakeClock();
    let at = clock.now();
    const loads = { a: 0, b: 3 };
    const processes = () => [gateway('a', { at, sessions: loads.a }), gateway('b', { at, sessions: loads.b })];
    const discovery = createDiscovery({
      membership: membershipOf(processes),
      clock,
      random: seededRandom(1),
      zone: '',
    });
    const next = (): string => discovery.gateways()[0]?.incarnation ?? '';
    const three = [next(), next(), next()];
    expect(three).toEqual(['a', 'a', 'a']);
    at = clock.now() + 1_000;
    loads.a = 1;
    expect(next()).toBe('a');
  });

  it('names each gateway once, and at most five', () => {
    const processes = Array.from({ length: 9 }, (_, i) => gateway(`g${i}`, fresh));
    const names = ranked(processes);
    expect(names).toHaveLength(5);
    expect(new Set(names).size).toBe(5);
  });
});
