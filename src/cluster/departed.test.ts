import { expect, it } from 'vitest';
import type { ProcessInfo } from '../core/membership.js';
import { processSubject } from '../protocol/bus-subjects.js';
import { Departed } from './departed.js';
import { StaticMembership } from './membership/static/static-membership.js';

const process = (incarnation: string): ProcessInfo => ({
  ...{ incarnation, name: incarnation, roles: ['gateway'], publicUrl: undefined, zone: '', weight: 1 },
  load: { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 },
});

it('a process has departed once it was registered and is not any more, until it is back', () => {
  let processes: ProcessInfo[] = [];
  let changed = (): void => undefined;
  const membership = Object.assign(new StaticMembership(), {
    processes: () => processes,
    onChange(listener: () => void) {
      changed = listener;
      return () => undefined;
    },
  });
  const departed = new Departed(membership);
  const become = (...incarnations: string[]): void => {
    processes = incarnations.map(process);
    changed();
  };
  become('a', 'b');
  expect(departed.has(processSubject('a'))).toBe(false);
  become('b');
  expect([
    departed.has(processSubject('a')),
    departed.has(processSubject('b')),
    departed.has(processSubject('never')),
  ]).toEqual([true, false, false]);
  become('a', 'b');
  expect(departed.has(processSubject('a'))).toBe(false);
});
