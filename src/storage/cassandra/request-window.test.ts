import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { RequestWindow } from './request-window.js';

/** Requests that are answered when the test says so. */
class Answers {
  readonly sent: string[] = [];
  private readonly pending = new Map<string, { resolve: () => void; reject: (cause: unknown) => void }>();

  request(name: string): () => Promise<void> {
    return () => {
      this.sent.push(name);
      return new Promise((resolve, reject) => this.pending.set(name, { resolve, reject }));
    };
  }

  requests(...names: string[]): (() => Promise<void>)[] {
    return names.map((name) => this.request(name));
  }

  answer(name: string): void {
    this.pending.get(name)?.resolve();
  }

  fail(name: string): void {
    this.pending.get(name)?.reject(new Error(`${name} failed`));
  }
}

function stage(inFlightMax = 2) {
  const clock = new FakeClock();
  const window = new RequestWindow({ inFlightMax, waitingMax: 5, sendWithinMs: 1_000 }, clock);
  return { clock, window, answers: new Answers() };
}

describe('the window of requests', () => {
  it('keeps so many in flight, in order, and resolves a job when all of it is answered', async () => {
    const { clock, window, answers } = stage();
    const told: string[] = [];
    void window.run(answers.requests('a', 'b', 'c')).then(() => told.push('first'));
    void window.run(answers.requests('d')).then(() => told.push('second'));
    expect(answers.sent).toEqual(['a', 'b']);
    expect([window.inFlight, window.waiting]).toEqual([2, 2]);
    answers.answer('b');
    await clock.settle();
    answers.answer('c');
    await clock.settle();
    answers.answer('d');
    await clock.settle();
    expect(told).toEqual(['second']);
    answers.answer('a');
    await clock.settle();
    expect(told).toEqual(['second', 'first']);
    expect([window.inFlight, window.waiting]).toEqual([0, 0]);
  });

  it('tells a failure at once, starts nothing more of that job, and goes on with the next', async () => {
    const { clock, window, answers } = stage();
    const first = window.run(answers.requests('a', 'b', 'c', 'd'));
    const failed = expect(first).rejects.toThrow('a failed');
    const second = window.run(answers.requests('e'));
    answers.fail('a');
    await clock.settle();
    await failed;
    expect(answers.sent).toEqual(['a', 'b', 'e']);
    answers.answer('e');
    await second;
    answers.fail('b');
    await clock.settle();
    expect([window.inFlight, window.waiting]).toEqual([0, 0]);
  });

  it('ends a job in doubt that could not be sent whole in time', async () => {
    const { clock, window, answers } = stage(1);
    const first = window.run(answers.requests('a'));
    const second = expect(window.run(answers.requests('b'))).rejects.toMatchObject({ kind: 'timeout' });
    await clock.advance(1_000);
    await second;
    expect(window.waiting).toBe(0);
    answers.answer('a');
    await first;
    expect(answers.sent).toEqual(['a']);
  });

  it('does not hurry a job that is sent whole', async () => {
    const { clock, window, answers } = stage(1);
    const first = window.run(answers.requests('a', 'b'));
    answers.answer('a');
    await clock.settle();
    await clock.advance(5_000);
    answers.answer('b');
    await first;
  });

  it('refuses what would wait beyond the bound, and sends nothing of it', async () => {
    const { clock, window, answers } = stage();
    void window.run(answers.requests('a', 'b', 'c', 'd', 'e'));
    await expect(window.run(answers.requests('f', 'g', 'h'))).rejects.toMatchObject({ kind: 'unavailable' });
    for (const name of ['a', 'b']) answers.answer(name);
    await clock.settle();
    expect(answers.sent).toEqual(['a', 'b', 'c', 'd']);
  });
});
