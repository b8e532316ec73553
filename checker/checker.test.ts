import { describe, expect, it } from 'vitest';
import { checkHistory, FINDINGS_KEPT } from './checker.js';
import type { AcknowledgedMessage, History, Position, SeenEvent, SentMessage } from './history.js';

const CHANNEL = 'ann~bob';

interface Run {
  sent: SentMessage[];
  acknowledged: AcknowledgedMessage[];
  seen: SeenEvent[];
  log: Position[];
}

/** Ann and Bob write in turn: position n holds "m<n>", of Ann where n is odd. Nothing is wrong with it. */
function soundRun(length = 6): Run {
  const run: Run = { sent: [], acknowledged: [], seen: [], log: [] };
  for (let seq = 1; seq <= length; seq++) {
    const userId = seq % 2 === 1 ? 'ann' : 'bob';
    const clientMessageId = `m${seq}`;
    const position: Position = { seq, messageId: String(1000 + seq), from: userId, clientMessageId };
    const mine = { channelId: CHANNEL, userId, deviceId: 'phone', clientMessageId };
    run.sent.push({ ...mine, order: seq });
    run.acknowledged.push({ ...mine, seq, messageId: position.messageId });
    run.log.push(position);
    for (const reader of ['ann', 'bob'])
      run.seen.push({ ...position, channelId: CHANNEL, userId: reader, deviceId: 'phone' });
  }
  return run;
}

function historyOf(run: Run, ownMessages: 'acknowledged' | 'seen' = 'seen'): History {
  return {
    ...run,
    readers: ['ann', 'bob'].map((userId) => ({ userId, deviceId: 'phone', ownMessages })),
    members: ['ann', 'bob'].map((userId) => ({ channelId: CHANNEL, userId })),
    logs: [{ channelId: CHANNEL, events: run.log }],
  };
}

function brokenBy(run: Run): string[] {
  const { broken } = checkHistory(historyOf(run));
  return Object.entries(broken).flatMap(([guarantee, times]) => (times > 0 ? [guarantee] : []));
}

const sentencesOf = (history: History): string[] =>
  checkHistory(history).findings.map(({ guarantee, sentence }) => `${guarantee} ${sentence}`);

const isSeen = (userId: string, seq: number) => (event: SeenEvent) => event.userId === userId && event.seq === seq;

describe('the checker', () => {
  it('finds nothing in a sound run', () => {
    expect(checkHistory(historyOf(soundRun()))).toEqual({
      findings: [],
      broken: { G1: 0, G2: 0, G3: 0, G4: 0 },
      counts: { sent: 6, acknowledged: 6, seen: 12, channels: 1, readers: 2 },
    });
  });

  it('takes the acknowledgement of an own message for its event where a device says so', () => {
    const run = soundRun();
    run.seen = run.seen.filter((event) => event.userId !== event.from);
    expect(checkHistory(historyOf(run, 'acknowledged')).findings).toEqual([]);
    expect(brokenBy(run)).toEqual(['G2', 'G3']);
  });

  it('lets a message go that was never acknowledged and is nowhere', () => {
    const run = soundRun();
    run.sent.push({ channelId: CHANNEL, userId: 'ann', deviceId: 'phone', clientMessageId: 'm7', order: 7 });
    expect(brokenBy(run)).toEqual([]);
  });

  it('misses an acknowledged message in the log (G1)', () => {
    const run = soundRun();
    run.log.pop();
    run.seen = run.seen.filter((event) => event.seq !== 6);
    expect(sentencesOf(historyOf(run))[0]).toMatch(/^G1 .*"m6" of bob .* acknowledged at 6, but is not in the log/);
  });

  it('misses the beginning of a log, and a log that is not there at all (G1)', () => {
    const beheaded = soundRun();
    beheaded.log.splice(0, 4);
    expect(checkHistory(historyOf(beheaded)).broken).toEqual({ G1: 4, G2: 0, G3: 0, G4: 0 });
    const gone = soundRun();
    gone.log = [];
    expect(checkHistory(historyOf(gone)).broken).toEqual({ G1: 6, G2: 0, G3: 0, G4: 0 });
  });

  it('does not look for what a reader was told is not kept any more', () => {
    const run = soundRun();
    run.log.splice(0, 4);
    const logOf = (firstSeq: number) => [{ channelId: CHANNEL, firstSeq, events: run.log }];
    expect(checkHistory({ ...historyOf(run), logs: logOf(5) }).findings).toEqual([]);
    expect(checkHistory({ ...historyOf(run), logs: logOf(4) }).broken.G1).toBe(1);
  });

  it('notices an acknowledged position that holds another message in the log (G1)', () => {
    const run = soundRun();
    run.log[5] = { seq: 6, messageId: '1006', from: 'bob', clientMessageId: 'other' };
    run.sent.push({ channelId: CHANNEL, userId: 'bob', deviceId: 'phone', clientMessageId: 'other', order: 9 });
    expect(brokenBy(run)).toEqual(['G1']);
  });

  it('notices a message that stands at two positions (G1)', () => {
    const run = soundRun();
    run.log.push({ seq: 7, messageId: '1007', from: 'bob', clientMessageId: 'm6' });
    for (const userId of ['ann', 'bob'])
      run.seen.push({
        channelId: CHANNEL,
        userId,
        deviceId: 'phone',
        seq: 7,
        messageId: '1007',
        from: 'bob',
        clientMessageId: 'm6',
      });
    expect(brokenBy(run)).toEqual(['G1']);
  });

  it('notices two acknowledgements of one message that name different positions (G1)', () => {
    const run = soundRun();
    run.acknowledged.push({
      channelId: CHANNEL,
      userId: 'ann',
      deviceId: 'phone',
      clientMessageId: 'm1',
      seq: 3,
      messageId: '1003',
    });
    expect(brokenBy(run)).toContain('G1');
  });

  it('notices a message that nobody sent (G1)', () => {
    const run = soundRun();
    run.sent.pop();
    expect(sentencesOf(historyOf(run))).toEqual([`G1 ${CHANNEL}: nobody sent "m6" of bob, which stands at 6`]);
  });

  it('notices a message id that stands in two channels, or that does not grow (G1)', () => {
    const twice = checkHistory({
      logs: ['ann~bob', 'ann~cem'].map((channelId) => ({
        channelId,
        events: [{ seq: 1, messageId: '77', from: 'ann', clientMessageId: channelId }],
      })),
    });
    expect(twice.broken).toEqual({ G1: 1, G2: 0, G3: 0, G4: 0 });
    const shrinking = ['9', '10', '8'].map((messageId, index) => ({
      seq: index + 1,
      messageId,
      from: 'ann',
      clientMessageId: messageId,
    }));
    expect(checkHistory({ logs: [{ channelId: CHANNEL, events: shrinking }] }).broken.G1).toBe(1);
  });

  it('notices a message that stands in another channel than it was sent to, also beside the right one (G1)', () => {
    const run = soundRun();
    const elsewhere = { seq: 1, messageId: '2001', from: 'ann', clientMessageId: 'm1' };
    const history = historyOf(run);
    const copied = { ...history, logs: [...(history.logs ?? []), { channelId: 'ann~cem', events: [elsewhere] }] };
    expect(sentencesOf(copied)).toEqual(['G1 ann~cem: nobody sent "m1" of ann, which stands at 1']);
  });

  it('lets two channels hold the same client message id when both were written to', () => {
    const history = historyOf(soundRun());
    const other = { channelId: 'ann~cem', userId: 'ann', deviceId: 'phone', clientMessageId: 'm1' };
    const event = { seq: 1, messageId: '2001', from: 'ann', clientMessageId: 'm1' };
    const both = {
      ...history,
      sent: [...(history.sent ?? []), { ...other, order: 7 }],
      logs: [...(history.logs ?? []), { channelId: 'ann~cem', events: [event] }],
    };
    expect(checkHistory(both).findings).toEqual([]);
  });

  it('notices a second copy and a disorder also where the first who saw them had the body withheld (G1, G4)', () => {
    const withheldFirst = (run: Run): void => {
      const isWithheld = isSeen('ann', 6);
      const withheld = run.seen.filter(isWithheld).map((event) => ({ ...event, from: '', clientMessageId: '' }));
      run.seen = [...withheld, ...run.seen.filter((event) => !isWithheld(event))];
      run.seen.sort((a, b) => (a.userId === b.userId ? a.seq - b.seq : a.userId.localeCompare(b.userId)));
    };
    const copied = soundRun();
    copied.acknowledged.pop();
    for (const positions of [copied.log, copied.seen])
      for (const [index, position] of positions.entries())
        if (position.seq === 6) positions[index] = { ...position, clientMessageId: 'm4' };
    withheldFirst(copied);
    expect(sentencesOf(historyOf(copied))[0]).toMatch(/^G1 .*"m4" of bob .* stands at two positions, 4 and 6/);
    const swapped = soundRun();
    swapped.acknowledged = [];
    const last = swapped.sent[5];
    if (last !== undefined) swapped.sent[5] = { ...last, order: 0 };
    withheldFirst(swapped);
    expect(brokenBy(swapped)).toEqual(['G4']);
  });

  it('notices acknowledgements and logs that name no message id (G1)', () => {
    const run = soundRun(2);
    const nameless = <Item extends { messageId: string }>(items: Item[]): Item[] =>
      items.map((item) => ({ ...item, messageId: '0' }));
    run.acknowledged = nameless(run.acknowledged);
    run.seen = nameless(run.seen);
    run.log = nameless(run.log);
    expect(sentencesOf(historyOf(run)).slice(0, 3)).toEqual([
      `G1 ${CHANNEL}: an acknowledgement names no message id at 1`,
      `G1 ${CHANNEL}: an acknowledgement names no message id at 2`,
      `G1 ${CHANNEL}: the log names no message id at 1`,
    ]);
  });

  it('notices what was given to a member before it joined, also to a new device (G3)', () => {
    const history = historyOf(soundRun());
    const late = {
      ...history,
      members: [
        { channelId: CHANNEL, userId: 'ann' },
        { channelId: CHANNEL, userId: 'bob', firstSeq: 3 },
      ],
    };
    const leaks = [1, 2].map((seq) => `G3 ${CHANNEL}: bob/phone was given ${seq}, but joined at 3`);
    expect(sentencesOf(late)).toEqual(leaks);
    const readers = [...(history.readers ?? [])].map((reader) => ({ ...reader, firstSeq: 5 }));
    expect(sentencesOf({ ...late, readers })).toEqual(leaks);
  });

  it('notices that two readers saw different events at a position (G2)', () => {
    const run = soundRun();
    run.acknowledged.pop();
    run.log.pop();
    run.seen[run.seen.length - 1] = {
      channelId: CHANNEL,
      userId: 'bob',
      deviceId: 'phone',
      seq: 6,
      messageId: '1006',
      from: 'ann',
      clientMessageId: 'm6b',
    };
    run.sent.push({ channelId: CHANNEL, userId: 'ann', deviceId: 'phone', clientMessageId: 'm6b', order: 7 });
    expect(checkHistory({ ...historyOf(run), logs: [] }).broken).toEqual({ G1: 0, G2: 1, G3: 0, G4: 0 });
  });

  it('notices what a reader saw that is not in the log (G2)', () => {
    const run = soundRun();
    run.acknowledged.pop();
    run.log.pop();
    expect(brokenBy(run)).toEqual(['G2']);
  });

  it('notices a gap in what a reader saw (G2)', () => {
    const run = soundRun();
    run.seen = run.seen.filter((event) => !isSeen('bob', 3)(event));
    expect(sentencesOf(historyOf(run))).toEqual([`G2 ${CHANNEL}: bob/phone saw 2 and then 4, but never 3`]);
  });

  it('notices a gap in the log (G2)', () => {
    const run = soundRun();
    const hole = (position: { seq: number }): boolean => position.seq !== 3;
    run.log = run.log.filter(hole);
    run.seen = run.seen.filter(hole);
    run.acknowledged = run.acknowledged.filter(hole);
    expect(sentencesOf(historyOf(run))).toContain(`G2 ${CHANNEL}: the log has a gap at 3`);
  });

  it('tells apart what came in the wrong order (G2) and what came twice (G3)', () => {
    const swapped = soundRun();
    const at = swapped.seen.findIndex(isSeen('ann', 3));
    const [moved] = swapped.seen.splice(at, 1);
    if (moved !== undefined) swapped.seen.push(moved);
    expect(sentencesOf(historyOf(swapped))).toEqual([`G2 ${CHANNEL}: ann/phone saw 6 before 3`]);
    const doubled = soundRun();
    doubled.seen.push(...doubled.seen.filter(isSeen('ann', 3)));
    expect(sentencesOf(historyOf(doubled))).toEqual([`G3 ${CHANNEL}: ann/phone was given 3 twice`]);
  });

  it('misses the last event at a reader (G3)', () => {
    const run = soundRun();
    run.seen = run.seen.filter((event) => !isSeen('ann', 6)(event));
    expect(sentencesOf(historyOf(run))).toEqual([`G3 ${CHANNEL}: ann/phone never got 6 of 6`]);
  });

  it('misses everything at a reader that was given nothing (G3)', () => {
    const run = soundRun();
    run.seen = run.seen.filter((event) => event.userId !== 'bob');
    expect(checkHistory(historyOf(run)).broken.G3).toBe(6);
  });

  it('notices events given to somebody who is not, or not any more, a member (G3)', () => {
    const run = soundRun();
    const history = historyOf(run);
    const stranger = { ...history, members: [{ channelId: CHANNEL, userId: 'ann' }] };
    expect(checkHistory(stranger).broken).toEqual({ G1: 0, G2: 0, G3: 1, G4: 0 });
    const leaver = {
      ...history,
      members: [
        { channelId: CHANNEL, userId: 'ann' },
        { channelId: CHANNEL, userId: 'bob', lastSeq: 4 },
      ],
    };
    expect(sentencesOf(leaver)).toEqual([`G3 ${CHANNEL}: bob/phone was given 6, beyond its last, 4`]);
  });

  it('expects of a member who joined late, and of a new device, only what came after', () => {
    const run = soundRun();
    run.seen = run.seen.filter((event) => event.userId === 'ann' || event.seq >= 4);
    const late = {
      ...historyOf(run),
      members: [
        { channelId: CHANNEL, userId: 'ann' },
        { channelId: CHANNEL, userId: 'bob', firstSeq: 4 },
      ],
    };
    expect(checkHistory(late).findings).toEqual([]);
    const newDevice = {
      ...historyOf(run),
      readers: [{ userId: 'bob', deviceId: 'phone', ownMessages: 'seen' as const, firstSeq: 4 }],
    };
    expect(checkHistory(newDevice).findings).toEqual([]);
  });

  it("notices that a device's messages stand in another order than it sent them (G4)", () => {
    const run = soundRun();
    const [first, , third] = run.sent;
    if (first !== undefined && third !== undefined) {
      run.sent[0] = { ...first, order: 3 };
      run.sent[2] = { ...third, order: 1 };
    }
    expect(brokenBy(run)).toEqual(['G4']);
  });

  it('holds a withheld body to be the same event', () => {
    const run = soundRun();
    run.seen = run.seen.map((event) => (isSeen('ann', 2)(event) ? { ...event, clientMessageId: '' } : event));
    expect(brokenBy(run)).toEqual([]);
  });

  it('keeps a bounded number of findings and counts them all', () => {
    const run = soundRun(2 * FINDINGS_KEPT);
    run.seen = run.seen.filter((event) => event.userId !== 'bob');
    const verdict = checkHistory(historyOf(run));
    expect(verdict.findings).toHaveLength(FINDINGS_KEPT);
    expect(verdict.broken.G3).toBe(2 * FINDINGS_KEPT);
  });
});
