import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import {
  describeMembership,
  type MembershipHarness,
  type MembershipLink,
  placementOf,
  processInfo,
} from './conformance.js';
import { MemoryRegistry, type RegistryLink } from './testing/memory-registry.js';

function memory(change: (link: RegistryLink) => RegistryLink = (link) => link): () => Promise<MembershipHarness> {
  return async () => {
    const clock = new FakeClock();
    const registry = new MemoryRegistry({ clock });
    const links = new Map<MembershipLink, RegistryLink>();
    return {
      async connect() {
        const link = registry.connect(clock);
        const shown = change(link);
        links.set(shown, link);
        return shown;
      },
      async kill(link) {
        links.get(link)?.setReachable(false);
      },
      async until(condition) {
        for (let passed = 0; !condition(); passed += 100) {
          if (passed > 10_000) throw new Error('it never came to that');
          await clock.advance(100);
        }
      },
      rest: () => clock.advance(3_000),
    };
  };
}

describe('the membership in memory', () => {
  describeMembership(memory());

  it('keeps what it knew while the registry cannot be reached, and is back afterwards', async () => {
    const clock = new FakeClock();
    const registry = new MemoryRegistry({ clock });
    const [a, b] = [registry.connect(clock), registry.connect(clock)];
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    b.setReachable(false);
    await clock.advance(10_000);
    expect([a.processes().length, b.processes().length]).toEqual([1, 2]);
    await expect(b.publish(placementOf(1, ['b-1']))).rejects.toThrow(ParleyError);
    b.setReachable(true);
    await clock.advance(1_000);
    expect([a.processes().length, b.processes().length]).toEqual([2, 2]);
  });

  it('elects another while the elected one is cut off, and never forgets to elect', async () => {
    const clock = new FakeClock();
    const registry = new MemoryRegistry({ clock });
    const elected = new Set<string>();
    const links = ['a', 'b'].map((name) => ({ name, link: registry.connect(clock) }));
    for (const { name, link } of links) {
      await link.join(processInfo(name));
      link.campaign((is) => void (is ? elected.add(name) : elected.delete(name)));
    }
    links[0]?.link.setReachable(false);
    await clock.advance(5_000);
    expect([...elected]).toEqual(['b']);
    links[0]?.link.setReachable(true);
    links[1]?.link.setReachable(false);
    await clock.advance(1_000);
    links[1]?.link.setReachable(true);
    await clock.advance(5_000);
    expect(elected.size).toBe(1);
  });
});

describe('the conformance suite of the membership', () => {
  it('catches a board that takes a version twice', async () => {
    const open = memory((link) => {
      link.publish = async () => true;
      return link;
    });
    const { connect } = await open();
    const [a, b] = [await connect(), await connect()];
    const taken = await Promise.all([a.publish(placementOf(1, ['a-1'])), b.publish(placementOf(1, ['b-1']))]);
    expect(taken.filter(Boolean)).not.toHaveLength(1);
  });
});
