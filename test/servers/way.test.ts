import { describe, expect, it } from 'vitest';
import { chooseWay } from '../../scripts/servers/way.mjs';

const NOTHING_RUNS = { native: false, containersRun: false, processesRun: false };
const WITH_COMPOSE = { hasEngine: () => true, hasCompose: () => true };
const WITHOUT_ENGINE = {
  hasEngine: () => false,
  hasCompose: () => {
    throw new Error('asked for Compose without an engine');
  },
};
const NOT_ASKED = {
  hasEngine: () => {
    throw new Error('asked for an engine');
  },
  hasCompose: () => true,
};

describe('whether `make servers` takes containers or processes', () => {
  it('takes containers where an engine answers and its client knows Compose', () => {
    expect(chooseWay({ ...NOTHING_RUNS, ...WITH_COMPOSE })).toEqual({ containers: true });
  });

  it('takes processes without a word where there is no engine, whatever its client knows', () => {
    expect(chooseWay({ ...NOTHING_RUNS, ...WITHOUT_ENGINE })).toEqual({ containers: false });
  });

  it('takes processes where an engine answers without Compose, and says so', () => {
    const { containers, why } = chooseWay({ ...NOTHING_RUNS, hasEngine: () => true, hasCompose: () => false });
    expect(containers).toBe(false);
    expect(why).toMatch(/engine answers, but `docker compose`/);
  });

  it('takes processes when told to, without asking for an engine', () => {
    expect(chooseWay({ ...NOTHING_RUNS, ...NOT_ASKED, native: true })).toEqual({ containers: false });
  });

  it('stays with the processes that run, though an engine answers', () => {
    expect(chooseWay({ ...NOTHING_RUNS, ...NOT_ASKED, processesRun: true })).toEqual({ containers: false });
  });

  it('starts no processes beside containers: neither when told to, nor when their engine is silent', () => {
    expect(() => chooseWay({ ...NOTHING_RUNS, ...NOT_ASKED, containersRun: true, native: true })).toThrow(
      /make servers-down/,
    );
    expect(() => chooseWay({ ...NOTHING_RUNS, ...WITHOUT_ENGINE, containersRun: true })).toThrow(/does not answer/);
  });
});
