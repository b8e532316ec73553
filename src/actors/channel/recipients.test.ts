import { describe, expect, it } from 'vitest';
import { Long, v1 } from '../../protocol/wire.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { Lags } from './lag.js';
import { Recipients } from './recipients.js';
import { type ChannelState, emptyChannel } from './state.js';

const { MEMBER, OWNER } = v1.Role;

function setup() {
  const state = emptyChannel();
  const recipients = new Recipients();
  const due = (body: v1.IEvent): string => {
    const seq = state.seq + 1;
    const event = v1.Event.create({ channelId: 'g', seq, messageId: Long.fromNumber(seq, true), from: 'o', ...body });
    return [...recipients.applyAndFind(state, event)].sort().join(' ');
  };
  due({
    created: {
      kind: v1.ChannelKind.GROUP,
      members: [
        { userId: 'o', role: OWNER },
        { userId: 'm', role: MEMBER },
      ],
    },
  });
  return { state, due };
}

describe('who is due an event by inbox', () => {
  it('is every member as of that event: from joining to leaving, both included', () => {
    const { due } = setup();
    expect(due({ message: { text: '1' } })).toBe('m o');
    expect(due({ joined: { userId: 'n', role: MEMBER } })).toBe('m n o');
    expect(due({ message: { text: '2' } })).toBe('m n o');
    expect(due({ left: { userId: 'm' } })).toBe('m n o');
    expect(due({ message: { text: '3' } })).toBe('n o');
  });

  it('is in the fan-out tier only whom an event is about; the change to it is the last for all, the change back the first', () => {
    const { due } = setup();
    expect(due({ tierChanged: { tier: v1.Tier.FANOUT } })).toBe('m o');
    expect(due({ message: { text: '1' } })).toBe('');
    expect(due({ joined: { userId: 'n', role: MEMBER } })).toBe('n');
    expect(due({ joined: { userId: 'p', others: ['q'], role: MEMBER } })).toBe('p q');
    expect(due({ roleChanged: { userId: 'm', role: OWNER } })).toBe('m');
    expect(due({ left: { userId: 'm' } })).toBe('m');
    expect(due({ tierChanged: { tier: v1.Tier.INBOX } })).toBe('n o p q');
    expect(due({ message: { text: '2' } })).toBe('n o p q');
  });

  it('is, of a change in the fan-out tier, whoever may hold a copy: those named, or all who were there for it', () => {
    const { due } = setup(); // seq 1
    due({ message: { text: 'by inbox' } });
    due({ joined: { userId: 'n', role: MEMBER } }); // would have had an edit of it
    due({ tierChanged: { tier: v1.Tier.FANOUT } });
    due({ joined: { userId: 'p', role: MEMBER } });
    due({ message: { text: '@channel' } }); // seq 6
    due({ joined: { userId: 'q', role: MEMBER } });
    expect(due({ erased: { seq: 2, copies: { all: true } } })).toBe('m n o');
    expect(due({ edited: { seq: 6, copies: { all: true } } })).toBe('m n o p');
    expect(due({ edited: { seq: 6, copies: { userIds: ['m', 'gone'] } } })).toBe('m');
    expect(due({ erased: { seq: 6 } })).toBe('');
  });
});

describe('a channel’s checkpoint', () => {
  it('keeps the state and who lags behind', () => {
    const { state, due } = setup();
    due({ message: { text: '1' } });
    const member = state.members.get('m');
    if (member !== undefined) Object.assign(member, { deliveredSeq: 2, readSeq: 1 });
    const lags = new Lags();
    lags.restore('m', [1, 1, 3, 4]);
    const back = new Lags();
    const again: ChannelState = decodeCheckpoint(encodeCheckpoint(state, lags), back);
    expect({ ...again, lastMessageId: again.lastMessageId?.toString() }).toEqual({
      ...state,
      touched: new Set(),
      lastMessageId: state.lastMessageId?.toString(),
    });
    expect([...back.entries()].map(([userId, lag]) => [userId, lag.due])).toEqual([['m', [1, 1, 3, 4]]]);
    expect(decodeCheckpoint(undefined, back)).toEqual(emptyChannel());
  });
});
