/**
 * Says which of the guarantees G1 to G4 a run broke. It believes nobody: acknowledgements, readers and logs are
 * held against each other. Linear in the number of events; a million take a few seconds. It judges a run that has
 * come to rest: every reader that is named had the time to catch up.
 */
import { ACKNOWLEDGEMENT, ChannelRecord, isNoId, LOG, messageKey } from './channel-record.js';
import type {
  AcknowledgedMessage,
  ChannelLog,
  Finding,
  Guarantee,
  History,
  Membership,
  Reader,
  SeenEvent,
  SentMessage,
  Verdict,
} from './history.js';
import { type Due, ReaderRecord } from './reader-record.js';

export const FINDINGS_KEPT = 100;

interface ReaderState {
  readonly userId: string;
  readonly name: string;
  readonly channels: Map<string, ReaderRecord>;
  declared: Reader | undefined;
}

/** Takes a history bit by bit, so that a large one need not be in memory as objects. */
export class HistoryChecker {
  private readonly channels = new Map<string, ChannelRecord>();
  private readonly readers = new Map<string, ReaderState>();
  private readonly readersOfUser = new Map<string, ReaderState[]>();
  private readonly members = new Map<string, Map<string, Membership>>();
  private readonly sends = new Map<string, SentMessage[]>();
  /** By channel: a message stands where it was sent to, and nowhere else. */
  private readonly sentKeys = new Map<string, Set<string>>();
  private readonly findings: Finding[] = [];
  private readonly broken: Record<Guarantee, number> = { G1: 0, G2: 0, G3: 0, G4: 0 };
  private acknowledgedCount = 0;
  private seenCount = 0;

  get acknowledgedSoFar(): number {
    return this.acknowledgedCount;
  }

  sent(message: SentMessage): void {
    obtain(this.sentKeys, message.channelId, () => new Set()).add(messageKey(message.userId, message.clientMessageId));
    const line = `${message.userId}/${message.deviceId} ${message.channelId}`;
    obtain(this.sends, line, () => []).push(message);
  }

  acknowledged(message: AcknowledgedMessage): void {
    this.acknowledgedCount++;
    const { seq, messageId, userId, deviceId, clientMessageId } = message;
    const channel = this.channel(message.channelId);
    const complaint = channel.note(
      { seq, messageId, from: userId, clientMessageId },
      ACKNOWLEDGEMENT,
      `${userId}/${deviceId}`,
    );
    if (complaint !== undefined) this.add(channel.channelId, complaint.guarantee, complaint.sentence);
  }

  seen(event: SeenEvent): void {
    this.seenCount++;
    const reader = this.reader(event.userId, event.deviceId);
    obtain(reader.channels, event.channelId, () => new ReaderRecord()).add(event.seq);
    const channel = this.channel(event.channelId);
    const complaint = channel.note(event, { type: 'reader', name: reader.name });
    if (complaint !== undefined) this.add(channel.channelId, complaint.guarantee, complaint.sentence);
  }

  log(log: ChannelLog): void {
    const channel = this.channel(log.channelId);
    channel.expectLog(log.firstSeq ?? 1);
    let before = 0;
    for (const event of log.events) {
      const complaint = channel.note(event, LOG);
      if (complaint !== undefined) this.add(log.channelId, complaint.guarantee, complaint.sentence);
      if (event.seq <= before) this.add(log.channelId, 'G2', `the log goes from ${before} to ${event.seq}`);
      before = event.seq;
    }
  }

  expectReader(reader: Reader): void {
    this.reader(reader.userId, reader.deviceId).declared = reader;
  }

  member(membership: Membership): void {
    obtain(this.members, membership.channelId, () => new Map()).set(membership.userId, membership);
  }

  verdict(): Verdict {
    for (const channel of this.channels.values()) {
      for (const { guarantee, sentence } of channel.complaints()) this.add(channel.channelId, guarantee, sentence);
      this.judgeSenders(channel);
      this.judgeAbsent(channel);
    }
    this.judgeMessageIds();
    for (const reader of this.readers.values()) this.judgeReader(reader);
    this.judgeOrder();
    return {
      findings: this.findings,
      broken: this.broken,
      counts: {
        sent: [...this.sentKeys.values()].reduce((sum, keys) => sum + keys.size, 0),
        acknowledged: this.acknowledgedCount,
        seen: this.seenCount,
        channels: this.channels.size,
        readers: [...this.readers.values()].filter(({ declared }) => declared !== undefined).length,
      },
    };
  }

  private judgeSenders(channel: ChannelRecord): void {
    if (this.sentKeys.size === 0) return;
    const sentHere = this.sentKeys.get(channel.channelId);
    for (const [key, seq] of channel.messages())
      if (sentHere?.has(key) !== true) {
        const [userId, clientMessageId] = key.split('\0');
        const what = `"${clientMessageId}" of ${userId}, which stands at ${seq}`;
        this.add(channel.channelId, 'G1', `nobody sent ${what}`);
      }
  }

  /** Members whose device was given nothing at all of this channel. */
  private judgeAbsent(channel: ChannelRecord): void {
    for (const userId of this.members.get(channel.channelId)?.keys() ?? [])
      for (const reader of this.readersOfUser.get(userId) ?? [])
        if (reader.declared !== undefined && !reader.channels.has(channel.channelId))
          reader.channels.set(channel.channelId, new ReaderRecord());
  }

  private judgeMessageIds(): void {
    const homes = new Map<string, ChannelRecord>();
    for (const channel of this.channels.values())
      for (let seq = 1; seq <= channel.head; seq++) {
        const id = channel.at(seq)?.messageId ?? '';
        if (isNoId(id)) continue;
        const other = homes.get(id);
        if (other !== undefined && other !== channel)
          this.add(channel.channelId, 'G1', `message id ${id} at ${seq} is also in ${other.channelId}`);
        homes.set(id, channel);
      }
  }

  private judgeReader(reader: ReaderState): void {
    for (const [channelId, record] of reader.channels) {
      const channel = this.channel(channelId);
      const members = this.members.get(channelId);
      const membership = members?.get(reader.userId);
      if (members !== undefined && membership === undefined) {
        this.add(channelId, 'G3', `${reader.name} is not a member, but was given events`);
        continue;
      }
      const due = this.dueTo(reader, membership, channel);
      const excuses = (seq: number): boolean =>
        reader.declared?.ownMessages === 'acknowledged' && channel.at(seq)?.acknowledgedTo === reader.name;
      for (const { guarantee, sentence } of record.complaints(channel, reader.name, due, excuses))
        this.add(channelId, guarantee, sentence);
    }
  }

  private dueTo(reader: ReaderState, membership: Membership | undefined, channel: ChannelRecord): Due | undefined {
    if (reader.declared === undefined || membership === undefined) return undefined;
    const joinedSeq = membership.firstSeq ?? 1;
    const firstSeq = Math.max(joinedSeq, reader.declared.firstSeq ?? 1);
    return { joinedSeq, firstSeq, lastSeq: membership.lastSeq ?? channel.head };
  }

  private judgeOrder(): void {
    for (const [line, messages] of this.sends) {
      messages.sort((a, b) => a.order - b.order);
      let highest = 0;
      let at: SentMessage | undefined;
      for (const message of messages) {
        const seq = this.channels.get(message.channelId)?.seqOf(message.userId, message.clientMessageId);
        if (seq === undefined) continue;
        if (seq < highest && at !== undefined)
          this.add(
            message.channelId,
            'G4',
            `${line.split(' ')[0]} sent "${at.clientMessageId}" before "${message.clientMessageId}", but they stand at ${highest} and ${seq}`,
          );
        if (seq > highest) {
          highest = seq;
          at = message;
        }
      }
    }
  }

  private channel(channelId: string): ChannelRecord {
    return obtain(this.channels, channelId, () => new ChannelRecord(channelId));
  }

  private reader(userId: string, deviceId: string): ReaderState {
    const name = `${userId}/${deviceId}`;
    const known = this.readers.get(name);
    if (known !== undefined) return known;
    const reader: ReaderState = { userId, name, channels: new Map(), declared: undefined };
    this.readers.set(name, reader);
    obtain(this.readersOfUser, userId, () => []).push(reader);
    return reader;
  }

  private add(channelId: string, guarantee: Guarantee, sentence: string): void {
    this.broken[guarantee]++;
    if (this.findings.length < FINDINGS_KEPT)
      this.findings.push({ guarantee, channelId, sentence: `${channelId}: ${sentence}` });
  }
}

function obtain<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Judges a whole history at once. */
export function checkHistory(history: History): Verdict {
  const checker = new HistoryChecker();
  for (const message of history.sent ?? []) checker.sent(message);
  for (const message of history.acknowledged ?? []) checker.acknowledged(message);
  for (const event of history.seen ?? []) checker.seen(event);
  for (const reader of history.readers ?? []) checker.expectReader(reader);
  for (const membership of history.members ?? []) checker.member(membership);
  for (const log of history.logs ?? []) checker.log(log);
  return checker.verdict();
}
