import type { Guarantee, Position } from './history.js';

/** Who says what stands at a position. An acknowledgement or a log speaks for G1, readers among each other for G2. */
export type Witness =
  | { readonly type: 'acknowledgement' }
  | { readonly type: 'log' }
  | { readonly type: 'reader'; readonly name: string };

export const ACKNOWLEDGEMENT: Witness = { type: 'acknowledgement' };
export const LOG: Witness = { type: 'log' };

export interface Complaint {
  readonly guarantee: Guarantee;
  readonly sentence: string;
}

interface Claim {
  readonly seq: number;
  readonly messageId: string;
  /** '' as long as nobody told. */
  from: string;
  clientMessageId: string;
  /** Who told most of it. */
  witness: Witness;
  inLog: boolean;
  acknowledgedTo: string | undefined;
}

export const messageKey = (userId: string, clientMessageId: string): string => `${userId}\0${clientMessageId}`;

function nameOf(witness: Witness): string {
  if (witness.type === 'reader') return witness.name;
  return witness.type === 'log' ? 'the log' : 'an acknowledgement';
}

function describe(position: Pick<Position, 'clientMessageId' | 'from' | 'messageId'>): string {
  const message = position.clientMessageId === '' ? 'an event' : `"${position.clientMessageId}" of ${position.from}`;
  return `${message} (message id ${position.messageId})`;
}

/** What is not told on one side agrees with everything. */
const differ = (a: string, b: string): boolean => a !== '' && b !== '' && a !== b;

/** Everything that was said about one channel's positions, held against each other. */
export class ChannelRecord {
  readonly channelId: string;
  head = 0;
  /** Where a log that was read begins. */
  private logFrom: number | undefined;
  private readonly claims: (Claim | undefined)[] = [];
  private readonly seqOfMessage = new Map<string, number>();

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  at(seq: number): Readonly<Claim> | undefined {
    return this.claims[seq];
  }

  seqOf(userId: string, clientMessageId: string): number | undefined {
    return this.seqOfMessage.get(messageKey(userId, clientMessageId));
  }

  messages(): Iterable<[key: string, seq: number]> {
    return this.seqOfMessage;
  }

  /** Somebody read the log, which begins at `firstSeq`: whatever stands there or later has to be in it. */
  expectLog(firstSeq: number): void {
    this.logFrom = Math.min(firstSeq, this.logFrom ?? firstSeq);
  }

  /** Notes who says that `position` is so; tells where that contradicts what others said. */
  note(position: Position, witness: Witness, device?: string): Complaint | undefined {
    const { seq, from, clientMessageId, messageId } = position;
    const known = this.claims[seq];
    if (seq > this.head) this.head = seq;
    if (known === undefined) {
      const inLog = witness.type === 'log';
      const claim: Claim = { seq, from, clientMessageId, messageId, witness, inLog, acknowledgedTo: device };
      this.claims[seq] = claim;
      return this.placeMessage(claim) ?? nameless(position, witness);
    }
    if (witness.type === 'log') known.inLog = true;
    if (device !== undefined) known.acknowledgedTo = device;
    if (known.messageId === messageId && !differ(known.from, from) && !differ(known.clientMessageId, clientMessageId))
      return this.learn(known, position, witness) ?? nameless(position, witness);
    const readersOnly = known.witness.type === 'reader' && witness.type === 'reader';
    return {
      guarantee: readersOnly ? 'G2' : 'G1',
      sentence: `position ${seq} is ${describe(known)} to ${nameOf(known.witness)}, but ${describe(position)} to ${nameOf(witness)}`,
    };
  }

  /** Fills in what the first who spoke was not told: a body may be withheld from one and shown to another. */
  private learn(known: Claim, { from, clientMessageId }: Position, witness: Witness): Complaint | undefined {
    const isNews = (known.from === '' && from !== '') || (known.clientMessageId === '' && clientMessageId !== '');
    if (!isNews) return undefined;
    known.from ||= from;
    known.clientMessageId ||= clientMessageId;
    known.witness = witness;
    return this.placeMessage(known);
  }

  /** Notes where a message stands, once both halves of its key are known. */
  private placeMessage(claim: Claim): Complaint | undefined {
    const { seq, from, clientMessageId } = claim;
    if (clientMessageId === '' || from === '') return undefined;
    const key = messageKey(from, clientMessageId);
    const elsewhere = this.seqOfMessage.get(key);
    if (elsewhere === undefined) {
      this.seqOfMessage.set(key, seq);
      return undefined;
    }
    return {
      guarantee: 'G1',
      sentence: `${describe(claim)} stands at two positions, ${elsewhere} and ${seq}`,
    };
  }

  /** What can only be said once everybody has spoken. */
  *complaints(): Generator<Complaint> {
    let before: Claim | undefined;
    for (const claim of this.claims) {
      if (claim === undefined) continue;
      if (before !== undefined && !grows(before.messageId, claim.messageId))
        yield {
          guarantee: 'G1',
          sentence: `the message id does not grow from position ${before.seq} (${before.messageId}) to ${claim.seq} (${claim.messageId})`,
        };
      before = claim;
    }
    if (this.logFrom !== undefined) yield* this.logComplaints(this.logFrom);
  }

  private *logComplaints(from: number): Generator<Complaint> {
    for (let seq = from; seq <= this.head; seq++) {
      const claim = this.claims[seq];
      if (claim === undefined) yield { guarantee: 'G2', sentence: `the log has a gap at ${seq}` };
      else if (!claim.inLog && claim.acknowledgedTo !== undefined)
        yield { guarantee: 'G1', sentence: `${describe(claim)} was acknowledged at ${seq}, but is not in the log` };
      else if (!claim.inLog)
        yield { guarantee: 'G2', sentence: `${nameOf(claim.witness)} saw position ${seq}, which is not in the log` };
    }
  }
}

export const isNoId = (messageId: string): boolean => /^0*$/.test(messageId);

/** Every position has a message id; readers may be compared by less. */
function nameless({ seq, messageId }: Position, witness: Witness): Complaint | undefined {
  if (witness.type === 'reader' || !isNoId(messageId)) return undefined;
  return { guarantee: 'G1', sentence: `${nameOf(witness)} names no message id at ${seq}` };
}

/** Decimal strings without leading zeros, or all of one length; no id says nothing here. */
function grows(before: string, after: string): boolean {
  if (isNoId(before) || isNoId(after)) return true;
  return before.length === after.length ? before < after : before.length < after.length;
}
