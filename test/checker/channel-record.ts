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

interface Claim extends Position {
  readonly witness: Witness;
  inLog: boolean;
  acknowledgedTo: string | undefined;
}

export const messageKey = (userId: string, clientMessageId: string): string => `${userId}\0${clientMessageId}`;

function nameOf(witness: Witness): string {
  if (witness.type === 'reader') return witness.name;
  return witness.type === 'log' ? 'the log' : 'an acknowledgement';
}

function describe(position: Position): string {
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
    const { seq } = position;
    const known = this.claims[seq];
    if (seq > this.head) this.head = seq;
    if (known === undefined) return this.first(position, witness, device);
    if (witness.type === 'log') known.inLog = true;
    if (device !== undefined) known.acknowledgedTo = device;
    if (
      known.messageId === position.messageId &&
      !differ(known.from, position.from) &&
      !differ(known.clientMessageId, position.clientMessageId)
    )
      return undefined;
    const readersOnly = known.witness.type === 'reader' && witness.type === 'reader';
    return {
      guarantee: readersOnly ? 'G2' : 'G1',
      sentence: `position ${seq} is ${describe(known)} to ${nameOf(known.witness)}, but ${describe(position)} to ${nameOf(witness)}`,
    };
  }

  private first(position: Position, witness: Witness, device: string | undefined): Complaint | undefined {
    const { seq, from, clientMessageId, messageId } = position;
    const inLog = witness.type === 'log';
    this.claims[seq] = { seq, from, clientMessageId, messageId, witness, inLog, acknowledgedTo: device };
    if (clientMessageId === '' || from === '') return undefined;
    const key = messageKey(from, clientMessageId);
    const elsewhere = this.seqOfMessage.get(key);
    if (elsewhere === undefined) {
      this.seqOfMessage.set(key, seq);
      return undefined;
    }
    return {
      guarantee: 'G1',
      sentence: `${describe(position)} stands at two positions, ${elsewhere} and ${seq}`,
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

/** Decimal strings without leading zeros; '' and '0' say nothing. */
function grows(before: string, after: string): boolean {
  if (before === '' || before === '0' || after === '' || after === '0') return true;
  return before.length === after.length ? before < after : before.length < after.length;
}
