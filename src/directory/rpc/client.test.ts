import { describe, expect, it } from 'vitest';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { kindOf, SettableClock } from '../conformance/harness.js';
import type { Directory } from '../directory.js';
import { connectDirectory } from './client.js';
import type { FromDirectory, ToDirectory } from './messages.js';
import { serveDirectory } from './server.js';

/** The other side of a link, in the hands of the test. */
class OtherSide {
  readonly sent: ToDirectory[] = [];
  readonly failures: Error[] = [];
  readonly timers: { delayMs: number; fire(): void; cancelled: boolean }[] = [];
  receive: (message: FromDirectory) => void = () => {};
  lost: (cause: Error) => void = () => {};

  connect(callsWaitingMax = 10): Promise<Directory> {
    const clock: Clock = Object.assign(new SettableClock(), {
      after: (delayMs: number, fire: () => void) => {
        const timer = { delayMs, fire, cancelled: false };
        this.timers.push(timer);
        return () => {
          timer.cancelled = true;
        };
      },
    });
    return connectDirectory({
      link: {
        send: (message) => this.sent.push(message),
        listen: (receive, lost) => Object.assign(this, { receive, lost }),
      },
      clock,
      onFailure: (error) => this.failures.push(error),
      deadlineMs: 5000,
      callsWaitingMax,
    });
  }

  async ready(callsWaitingMax?: number): Promise<Directory> {
    const directory = this.connect(callsWaitingMax);
    this.receive({ type: 'ready' });
    return directory;
  }
}

describe('calls to a directory elsewhere', () => {
  it('of one turn travel together, and each gets its own answer, whatever their order', async () => {
    const other = new OtherSide();
    const directory = await other.ready();
    const [one, two] = [directory.accounts.passwordHashOf('alice'), directory.people.factsOf('bob')];
    await Promise.resolve();
    expect(other.sent).toEqual([
      {
        type: 'calls',
        calls: [
          { id: 1, area: 'accounts', method: 'passwordHashOf', args: ['alice'] },
          { id: 2, area: 'people', method: 'factsOf', args: ['bob'] },
        ],
      },
    ]);
    const replies = [
      { id: 2, ok: true, value: undefined },
      { id: 1, ok: true, value: 'h' },
    ] as const;
    other.receive({ type: 'replies', replies });
    expect(await one).toBe('h');
    expect(await two).toBeUndefined();
    expect(other.timers.every((timer) => timer.cancelled)).toBe(true);
  });

  it('time out when no answer comes, keep their room until it does, and a late answer harms nobody', async () => {
    const other = new OtherSide();
    const directory = await other.ready(1);
    const call = kindOf(directory.accounts.passwordHashOf('alice'));
    expect(other.timers[0]?.delayMs).toBe(5000);
    other.timers[0]?.fire();
    expect(await call).toBe('timeout');
    expect(await kindOf(directory.accounts.passwordHashOf('bob'))).toBe('overloaded');
    other.receive({ type: 'replies', replies: [{ id: 1, ok: true, value: 'h' }] });
    expect(other.failures).toEqual([]);
    const next = directory.accounts.passwordHashOf('bob');
    other.receive({ type: 'replies', replies: [{ id: 2, ok: true, value: 'next' }] });
    expect(await next).toBe('next');
  });

  it('are refused beyond the bound, with a time to come back, until one is answered', async () => {
    const other = new OtherSide();
    const directory = await other.ready(1);
    const first = directory.accounts.passwordHashOf('alice');
    await expect(directory.accounts.passwordHashOf('bob')).rejects.toMatchObject({
      kind: 'overloaded',
      retryAfterMs: 1000,
    });
    other.receive({ type: 'replies', replies: [{ id: 1, ok: true, value: 'h' }] });
    await first;
    const third = directory.accounts.passwordHashOf('carol');
    other.receive({ type: 'replies', replies: [{ id: 2, ok: true, value: 'third' }] });
    expect(await third).toBe('third');
  });

  it('keep kind, sentence and time to come back of an error, and report what is no operating error', async () => {
    const failing = async () => {
      throw new ParleyError('rate_limited', { sentence: 'Slowly.', retryAfterMs: 7 });
    };
    const broken = async () => {
      throw new TypeError('oops');
    };
    const other = new OtherSide();
    const directory = await other.ready();
    const served = { ...directory, people: { factsOf: failing, existing: broken, active: broken, deleted: broken } };
    const serve = serveDirectory(served, (message) => other.receive(structuredClone(message)));
    const calls = [directory.people.factsOf('alice'), directory.people.existing([])].map((call) =>
      call.catch((e) => e),
    );
    await Promise.resolve();
    for (const message of other.sent) serve(structuredClone(message));
    const [limited, internal] = await Promise.all(calls);
    expect(limited).toMatchObject({ kind: 'rate_limited', message: 'Slowly.', retryAfterMs: 7 });
    expect(internal).toMatchObject({ kind: 'internal' });
    expect(other.failures).toMatchObject([{ cause: { message: expect.stringContaining('oops') } }]);
  });

  it('reach methods of the ports only', async () => {
    const directory = await new OtherSide().ready();
    let serve: (message: ToDirectory) => void = () => {};
    const replied = new Promise<FromDirectory>((resolve) => {
      serve = serveDirectory(directory, resolve);
    });
    const calls = [
      { id: 1, area: 'accounts' as const, method: 'constructor', args: [] },
      { id: 2, area: 'close' as 'people', method: 'call', args: [] },
    ];
    serve({ type: 'calls', calls });
    const message = await replied;
    const kinds = message.type === 'replies' ? message.replies.map((reply) => reply.ok || reply.error.kind) : [];
    expect(kinds).toEqual(['unknown_type', 'unknown_type']);
  });

  it('are unavailable once the other side is lost, those that wait and those that come, and closing still works', async () => {
    const other = new OtherSide();
    const directory = await other.ready();
    const waiting = kindOf(directory.accounts.passwordHashOf('alice'));
    other.lost(new Error('heap'));
    expect(await waiting).toBe('unavailable');
    expect(await kindOf(directory.accounts.passwordHashOf('alice'))).toBe('unavailable');
    expect(other.failures.map((error) => error.message)).toEqual(['heap']);
    await directory.close();
  });

  it('cannot begin when the other side refuses', async () => {
    const other = new OtherSide();
    const directory = kindOf(other.connect());
    const error = { kind: 'unavailable', sentence: 'Newer.', retryAfterMs: 0, trace: undefined } as const;
    other.receive({ type: 'refused', error });
    expect(await directory).toBe('unavailable');
  });
});
