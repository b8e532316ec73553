/**
 * Reads the frequent server frames (acknowledgements, deliveries, fan-out) straight from the socket's bytes, without
 * making an object for each: the generated codec would cost a generator more than the server it is to load. All
 * other frames are left to that codec. Fields come in ascending order, as Parley's server writes them.
 */

/** Message numbers travel as client message ids: this letter, then digits. */
export const NUMBER_PREFIX = 'b';
const DIGIT_ZERO = 48;
const SPACE = 32;

/** In place of a message number: an event that no message of the load is. */
export const NOT_OF_THE_LOAD = -1;
/** In place of a message number: its body names another message or another sender than the event does. */
export const NOT_AS_SENT = -2;

export interface ScannedEvent {
  seq: number;
  idHigh: number;
  idLow: number;
  /** Or NOT_OF_THE_LOAD, or NOT_AS_SENT. */
  messageNumber: number;
  /** Where the channel id stands in `buffer`. */
  channelStart: number;
  channelEnd: number;
  /** It came by fan-out, in which frames may be lost. */
  byFanout: boolean;
}

export interface ScanSink {
  acknowledged(requestId: number, event: ScannedEvent): void;
  /** The event is used again for the next one. */
  event(buffer: Buffer, event: ScannedEvent): void;
  /** The newest seq of a fan-out channel, whose id stands in `buffer` where `event` says. */
  head(buffer: Buffer, event: ScannedEvent, head: number): void;
  cursor(term: number, sub: number, inboxSeq: number): void;
  sessionSeq(sessionSeq: number): void;
  /** Any other frame: for the codec. */
  other(frame: Buffer): void;
}

// Field numbers of client.proto.
const FRAME_SESSION_SEQ = 2;
const FRAME_DELIVERIES = 6;
const FRAME_FANOUT = 11;
const FRAME_SEND_ACK = 20;
const FANOUT_CHANNEL = 1;
const FANOUT_EVENTS = 3;
const DELIVERY_CURSOR = 1;
const DELIVERY_EVENT = 2;
const EVENT_FROM = 5;
const EVENT_MESSAGE = 10;

const LENGTH_DELIMITED = 2;

export class FrameScanner {
  private readonly sink: ScanSink;
  private readonly event: ScannedEvent = {
    seq: 0,
    idHigh: 0,
    idLow: 0,
    messageNumber: NOT_OF_THE_LOAD,
    channelStart: 0,
    channelEnd: 0,
    byFanout: false,
  };
  private buffer: Buffer = Buffer.alloc(0);
  private at = 0;
  private high = 0;
  private fromStart = 0;
  private fromEnd = 0;

  constructor(sink: ScanSink) {
    this.sink = sink;
  }

  scan(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.at = start;
    let requestId = 0;
    while (this.at < end) {
      const tag = this.varint();
      const field = tag >>> 3;
      if ((tag & 7) !== LENGTH_DELIMITED) {
        const value = this.varint();
        if (field === 1) requestId = value;
        else if (field === FRAME_SESSION_SEQ && value !== 0) this.sink.sessionSeq(value);
        continue;
      }
      const bodyEnd = this.lengthEnd();
      if (field === FRAME_DELIVERIES) this.deliveries(bodyEnd);
      else if (field === FRAME_FANOUT) this.fanout(bodyEnd);
      else if (field === FRAME_SEND_ACK) {
        // A SendAck: 5 client_message_id.
        this.message(bodyEnd, 5);
        this.sink.acknowledged(requestId, this.event);
      } else {
        this.sink.other(buffer.subarray(start, end));
        return;
      }
      this.at = bodyEnd;
    }
  }

  private deliveries(end: number): void {
    while (this.at < end) {
      this.varint();
      const deliveryEnd = this.lengthEnd();
      while (this.at < deliveryEnd) {
        const tag = this.varint();
        if ((tag & 7) !== LENGTH_DELIMITED) {
          this.varint();
          continue;
        }
        const fieldEnd = this.lengthEnd();
        if (tag >>> 3 === DELIVERY_CURSOR) this.cursor(fieldEnd);
        else if (tag >>> 3 === DELIVERY_EVENT) this.eventBody(fieldEnd);
        this.at = fieldEnd;
      }
    }
  }

  private fanout(end: number): void {
    const { event } = this;
    event.byFanout = true;
    let head = 0;
    let events = 0;
    while (this.at < end) {
      const tag = this.varint();
      if ((tag & 7) !== LENGTH_DELIMITED) {
        head = this.varint();
        continue;
      }
      const fieldEnd = this.lengthEnd();
      if (tag >>> 3 === FANOUT_CHANNEL) this.channel(fieldEnd);
      else if (tag >>> 3 === FANOUT_EVENTS) {
        events++;
        this.eventBody(fieldEnd);
      }
      this.at = fieldEnd;
    }
    if (events === 0) this.sink.head(this.buffer, event, head);
    event.byFanout = false;
  }

  private cursor(end: number): void {
    let term = 0;
    let sub = 0;
    let inboxSeq = 0;
    while (this.at < end) {
      const field = this.varint() >>> 3;
      const value = this.varint();
      if (field === 1) term = value;
      else if (field === 2) sub = value;
      else inboxSeq = value;
    }
    this.sink.cursor(term, sub, inboxSeq);
  }

  /** An Event: 6 client_message_id, 10 the message, of which the beginning is read. */
  private eventBody(end: number): void {
    this.message(end, 6);
    const { event } = this;
    if (event.messageNumber >= 0 && !this.isAsSent(end)) event.messageNumber = NOT_AS_SENT;
    this.sink.event(this.buffer, event);
  }

  /** From behind the client_message_id on. A body that is withheld or erased says nothing. */
  private isAsSent(end: number): boolean {
    while (this.at < end) {
      const tag = this.varint();
      if ((tag & 7) !== LENGTH_DELIMITED) {
        this.varint();
        continue;
      }
      const fieldEnd = this.lengthEnd();
      if (tag >>> 3 === EVENT_MESSAGE) return this.textBeginsAsSent();
      this.at = fieldEnd;
    }
    return true;
  }

  /** A MessageBody: 1 text, which begins with the number and the sender (message-body.ts). */
  private textBeginsAsSent(): boolean {
    const { buffer, event, fromStart, fromEnd } = this;
    this.varint();
    const end = this.lengthEnd();
    let number = 0;
    for (; this.at < end && buffer[this.at] !== SPACE; this.at++)
      number = number * 10 + ((buffer[this.at] ?? 0) - DIGIT_ZERO);
    if (number !== event.messageNumber) return false;
    const sender = this.at + 1;
    for (let index = 0; index < fromEnd - fromStart; index++)
      if (buffer[sender + index] !== buffer[fromStart + index]) return false;
    return buffer[sender + fromEnd - fromStart] === SPACE;
  }

  /** What an Event and a SendAck begin with: 1 channel_id, 2 seq, 3 message_id, 4 created_at; up to the client_message_id, field `last`. */
  private message(end: number, last: number): void {
    const { event } = this;
    event.messageNumber = NOT_OF_THE_LOAD;
    while (this.at < end) {
      const tag = this.varint();
      const field = tag >>> 3;
      if ((tag & 7) !== LENGTH_DELIMITED) {
        const low = this.varint();
        if (field === 2) event.seq = low;
        else if (field === 3) this.messageId(low);
        continue;
      }
      const fieldEnd = this.lengthEnd();
      if (field === 1) this.channel(fieldEnd);
      else if (field === last) event.messageNumber = this.messageNumber(fieldEnd);
      else if (field === EVENT_FROM) {
        this.fromStart = this.at;
        this.fromEnd = fieldEnd;
      }
      this.at = fieldEnd;
      if (field >= last) break;
    }
  }

  private channel(end: number): void {
    this.event.channelStart = this.at;
    this.event.channelEnd = end;
  }

  private messageId(low: number): void {
    this.event.idLow = low;
    this.event.idHigh = this.high;
  }

  private messageNumber(end: number): number {
    if (end === this.at) return NOT_OF_THE_LOAD;
    let value = 0;
    for (let index = this.at + NUMBER_PREFIX.length; index < end; index++)
      value = value * 10 + ((this.buffer[index] ?? 0) - DIGIT_ZERO);
    return value;
  }

  private lengthEnd(): number {
    const length = this.varint();
    return this.at + length;
  }

  /** The low 32 bits, unsigned; the high ones are left in `high`. */
  private varint(): number {
    const { buffer } = this;
    let byte = buffer[this.at++] ?? 0;
    if (byte < 0x80) {
      this.high = 0;
      return byte;
    }
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; byte >= 0x80 && shift < 64; shift += 7) {
      byte = buffer[this.at++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
    }
    this.high = high >>> 0;
    return low >>> 0;
  }
}
