import { describe, expect, it } from 'vitest';
import { Long, type v1 } from '../src/protocol/wire.js';
import { settle } from './testing/fake-clock.js';
import { online, setup } from './testing/setup.js';

describe('the notice of operators', () => {
  const notice = (noticeId: string, text: string, until: number): v1.INotice => ({
    ...{ noticeId, text },
    until: Long.fromNumber(until, true),
  });

  it('is told once, replaced, withdrawn, and ends by itself', async () => {
    const given = setup();
    const told: (string | undefined)[] = [];
    given.client.on('notice', (one) => told.push(one?.text));
    const socket = await online(given);
    const until = given.clock.now() + 60_000;
    const push = (value: v1.INotice): void => socket.push({ type: 'notice', value });
    push(notice('a', 'one', until));
    push(notice('a', 'one', until));
    expect(given.client.notice).toEqual({ id: 'a', text: 'one', until: new Date(until) });
    push(notice('b', 'two', until));
    push(notice('', '', 0));
    expect(given.client.notice).toBeUndefined();
    push(notice('c', 'three', until));
    await given.clock.advance(60_000);
    push(notice('d', 'too late', until));
    expect(told).toEqual(['one', 'two', undefined, 'three', undefined]);
  });

  it('is gone with a new session that is told of none', async () => {
    const given = setup();
    const socket = await online(given);
    socket.push({ type: 'notice', value: notice('a', 'one', given.clock.now() + 600_000) });
    expect(given.client.notice?.text).toBe('one');
    socket.cut();
    await given.clock.advance(40_000);
    given.gateway.socket.welcome();
    await settle();
    expect(given.client.notice).toBeUndefined();
  });
});
