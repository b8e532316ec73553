import { describe, expect, it } from 'vitest';
import type { SearchHit, SearchPage, SearchRequest } from '../../client/index.js';
import { Search } from './search.js';
import { messageOf } from './testing/events.js';

/** A server that answers when told to, and a clock that is a button. */
class Bench {
  readonly asked: SearchRequest[] = [];
  readonly search: Search;
  private readonly waiting: { resolve: (page: SearchPage) => void; reject: (error: unknown) => void }[] = [];
  private timer: (() => void) | undefined;

  constructor() {
    this.search = new Search({
      client: {
        search: (request) => {
          this.asked.push(request);
          return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
        },
      },
      changed: () => {},
      after: (_, run) => {
        this.timer = run;
        return () => {
          this.timer = undefined;
        };
      },
    });
  }

  pass(): void {
    this.timer?.();
  }

  async answer(items: readonly SearchHit[], next?: string, at = this.waiting.length - 1): Promise<void> {
    this.waiting[at]?.resolve({ items, next });
    await new Promise(setImmediate);
  }

  async fail(error: Error): Promise<void> {
    this.waiting.at(-1)?.reject(error);
    await new Promise(setImmediate);
  }
}

const hit = (seq: number): SearchHit => ({ event: messageOf(seq, 'ben') as SearchHit['event'], highlights: [] });
const seqs = ({ search }: Bench): number[] => search.hits.map(({ event }) => event.seq);

describe('a search on the page', () => {
  it('is asked once the typing rests, and only for what was typed last', async () => {
    const bench = new Bench();
    bench.search.change({ words: 'te' });
    bench.search.change({ words: 'tea' });
    expect(bench.asked).toEqual([]);
    bench.pass();
    bench.search.change({ words: 'team' });
    bench.pass();
    await bench.answer([hit(1)], undefined, 0);
    expect(bench.search.state).toBe('loading');
    await bench.answer([hit(2)]);
    expect(bench.asked.map(({ words }) => words)).toEqual(['tea', 'team']);
    expect(seqs(bench)).toEqual([2]);
  });

  it('with nothing to look for asks nothing', () => {
    const bench = new Bench();
    bench.search.change({ words: 'tea' });
    bench.search.change({ words: ' ', since: '2026-01-01' });
    bench.pass();
    expect(bench.asked).toEqual([]);
    expect(bench.search.active).toBe(false);
  });

  it('asks for the whole of both days, for the sender by name, and for the channel', () => {
    const bench = new Bench();
    bench.search.change({ from: ' Ben ', channelId: 'ann~ben', since: '2026-01-05', until: '2026-01-06' });
    bench.pass();
    expect(bench.asked).toEqual([
      {
        words: '',
        from: 'ben',
        channelId: 'ann~ben',
        since: new Date(2026, 0, 5),
        until: new Date(2026, 0, 6, 23, 59, 59, 999),
      },
    ]);
  });

  it('puts page after page below, and passes empty ones by, but not for ever', async () => {
    const bench = new Bench();
    bench.search.change({ words: 'tea' });
    bench.pass();
    await bench.answer([hit(9), hit(8)], '8');
    expect(bench.search.more).toBe(true);
    void bench.search.load();
    await bench.answer([], '5');
    await bench.answer([hit(3)], '3');
    expect(seqs(bench)).toEqual([9, 8, 3]);
    expect(bench.asked.map(({ before }) => before)).toEqual([undefined, '8', '5']);
    void bench.search.load();
    for (let page = 0; page < 9; page++) await bench.answer([], '2');
    expect(bench.asked).toHaveLength(8);
    expect(bench.search.state).toBe('idle');
  });

  it('keeps what it has when a page fails, and tries it again', async () => {
    const bench = new Bench();
    bench.search.change({ words: 'tea' });
    bench.pass();
    await bench.answer([hit(9)], '9');
    void bench.search.load();
    await bench.fail(new Error('no network'));
    expect([bench.search.state, seqs(bench)]).toEqual(['failed', [9]]);
    void bench.search.load();
    await bench.answer([hit(1)]);
    expect([bench.search.state, seqs(bench), bench.search.more]).toEqual(['idle', [9, 1], false]);
  });
});
