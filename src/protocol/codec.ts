/** The two subprotocols' codecs, both directions. Runs in browsers too: no Node modules here. */
import { ParleyError, toParleyError } from '../core/errors.js';
import { EncodedEvent } from './encoded-event.js';
import type {
  ClientBody,
  ClientFrame,
  Delivery,
  FanoutEvents,
  PlainServerBody,
  ServerFrame,
  SplicedBody,
} from './frames.js';
import type { Subprotocol } from './version.js';
import { type ProtobufReader, type ProtobufWriter, Reader, v1, Writer } from './wire.js';

export interface ServerCodec {
  readonly subprotocol: Subprotocol;
  /** Whether frames are binary WebSocket messages (else text). */
  readonly binary: boolean;
  /** Throws `malformed_frame`, or RefusedFrame for what can be read and is no request all the same. */
  decode(data: Uint8Array): ClientFrame;
  /** The request that a frame is, also where the rest of it cannot be read; 0 when it names none. Never throws. */
  requestIdOf(data: Uint8Array): number;
  encode(frame: ServerFrame): Uint8Array | string;
}

/** Makes the reader for a frame; the server passes one that refuses invalid UTF-8. */
export type ReaderFactory = (data: Uint8Array) => ProtobufReader;

/** A frame that was read and holds nothing to do: the refusal is the answer to its request. */
export class RefusedFrame extends ParleyError {
  /** 0: it named none. */
  readonly requestId: number;

  constructor(kind: 'unknown_type' | 'invalid_argument', requestId: number, sentence?: string) {
    super(kind, sentence === undefined ? {} : { sentence });
    this.requestId = requestId;
  }
}

const JSON_OPTIONS = { longs: String, enums: String, bytes: String };

function clientFrame(frame: v1.ClientFrame): ClientFrame {
  const type = frame.body;
  if (type === undefined) throw new RefusedFrame('unknown_type', frame.requestId);
  const { requestId, traceparent } = frame;
  return { requestId, body: { type, value: frame[type] } as ClientBody, traceparent };
}

function malformed(cause: unknown): ParleyError {
  return cause instanceof ParleyError ? cause : new ParleyError('malformed_frame', { cause });
}

export function protobufCodec(readerFor: ReaderFactory): ServerCodec {
  return {
    subprotocol: 'parley.v1.protobuf',
    binary: true,
    decode(data) {
      try {
        return clientFrame(v1.ClientFrame.decode(readerFor(data)));
      } catch (cause) {
        throw malformed(cause);
      }
    },
    requestIdOf: requestIdOfProtobuf,
    encode: encodeServerFrame,
  };
}

/** Throws `invalid_argument` when a frame's fields have other types than the schema says. */
export type TypeCheck = (frame: object) => void;

/** `textOf` turns bytes into text and throws on invalid UTF-8. Without `checkTypes` wrong scalars are converted. */
export function jsonCodec(textOf: (data: Uint8Array) => string, checkTypes: TypeCheck = () => {}): ServerCodec {
  return {
    subprotocol: 'parley.v1.json',
    binary: false,
    decode(data) {
      try {
        return clientFrameFromJson(JSON.parse(textOf(data)), checkTypes);
      } catch (cause) {
        throw malformed(cause);
      }
    },
    requestIdOf(data) {
      try {
        return requestIdOf(JSON.parse(textOf(data)) as object);
      } catch {
        return 0;
      }
    },
    encode: encodeServerFrameJson,
  };
}

/** The tag of ClientFrame.request_id: field 1, a varint. */
const REQUEST_ID = 1 << 3;

function requestIdOfProtobuf(data: Uint8Array): number {
  try {
    for (const reader = Reader.create(data); reader.pos < reader.len; ) {
      const tag = reader.uint32();
      if (tag === REQUEST_ID) return reader.uint32();
      reader.skipType(tag & 7);
    }
  } catch {
    // it ends in the middle
  }
  return 0;
}

function clientFrameFromJson(json: unknown, checkTypes: TypeCheck): ClientFrame {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new ParleyError('malformed_frame');
  try {
    checkTypes(json);
  } catch (thrown) {
    throw new RefusedFrame('invalid_argument', requestIdOf(json), toParleyError(thrown).message);
  }
  return clientFrame(v1.ClientFrame.fromObject(json as Record<string, unknown>));
}

function requestIdOf(json: object): number {
  const id: unknown = 'requestId' in json ? json.requestId : 0;
  return typeof id === 'number' && id >>> 0 === id ? id : 0;
}

// ---- server frames: protobuf -------------------------------------------------------------------------------------

// Field numbers of client.proto, for the two bodies whose events are spliced in as bytes (wire type 2 = length-delimited).
const LENGTH_DELIMITED = 2;
const tag = (field: number): number => (field << 3) | LENGTH_DELIMITED;
const SERVER_FRAME_DELIVERIES = tag(6);
const SERVER_FRAME_FANOUT = tag(11);

function writeDeliveries(writer: ProtobufWriter, items: readonly Delivery[]): void {
  writer.uint32(SERVER_FRAME_DELIVERIES).fork();
  for (const item of items) {
    writer.uint32(tag(1)).fork();
    v1.Cursor.encode(item.cursor, writer.uint32(tag(1)).fork()).ldelim();
    if (item.event !== undefined) writer.uint32(tag(2)).bytes(item.event.bytes);
    if (item.unread !== 0) writer.uint32(3 << 3).uint32(item.unread);
    writer.ldelim();
  }
  writer.ldelim();
}

function writeFanout(writer: ProtobufWriter, fanout: FanoutEvents): void {
  writer.uint32(SERVER_FRAME_FANOUT).fork();
  writer.uint32(tag(1)).string(fanout.channelId);
  writer.uint32(2 << 3).uint32(fanout.head);
  for (const event of fanout.events) writer.uint32(tag(3)).bytes(event.bytes);
  writer.ldelim();
}

function isSpliced(body: ServerFrame['body']): body is SplicedBody {
  return body.type === 'deliveries' || body.type === 'fanout';
}

export function encodeServerFrame(frame: ServerFrame): Uint8Array {
  const { requestId, sessionSeq, body } = frame;
  if (!isSpliced(body)) return v1.ServerFrame.encode({ requestId, sessionSeq, [body.type]: body.value }).finish();
  const writer = Writer.create();
  if (requestId !== 0) writer.uint32(1 << 3).uint32(requestId);
  if (sessionSeq !== 0) writer.uint32(2 << 3).uint32(sessionSeq);
  if (body.type === 'deliveries') writeDeliveries(writer, body.value);
  else writeFanout(writer, body.value);
  return writer.finish();
}

// ---- server frames: JSON -----------------------------------------------------------------------------------------

function plainJson(body: PlainServerBody): string {
  const frame = v1.ServerFrame.fromObject({ [body.type]: body.value });
  return JSON.stringify(v1.ServerFrame.toObject(frame, JSON_OPTIONS)).slice(1, -1);
}

function deliveryJson(item: Delivery): string {
  const event = item.event === undefined ? '' : `,"event":${item.event.jsonText}`;
  const unread = item.unread === 0 ? '' : `,"unread":${item.unread}`;
  return `{"cursor":${JSON.stringify(item.cursor)}${event}${unread}}`;
}

function splicedJson(body: SplicedBody): string {
  if (body.type === 'deliveries') return `"deliveries":{"items":[${body.value.map(deliveryJson).join(',')}]}`;
  const { channelId, head, events } = body.value;
  const list = events.map((event) => event.jsonText).join(',');
  return `"fanout":{"channelId":${JSON.stringify(channelId)},"head":${head},"events":[${list}]}`;
}

export function encodeServerFrameJson(frame: ServerFrame): string {
  const parts = [];
  if (frame.requestId !== 0) parts.push(`"requestId":${frame.requestId}`);
  if (frame.sessionSeq !== 0) parts.push(`"sessionSeq":${frame.sessionSeq}`);
  parts.push(isSpliced(frame.body) ? splicedJson(frame.body) : plainJson(frame.body));
  return `{${parts.join(',')}}`;
}

// ---- the client's side -------------------------------------------------------------------------------------------

/** A ServerFrame as the generated code decodes it: `frame.body` names the field that is set. */
export function decodeServerFrame(data: Uint8Array): v1.ServerFrame {
  return v1.ServerFrame.decode(Reader.create(data));
}

export function decodeServerFrameJson(text: string): v1.ServerFrame {
  return v1.ServerFrame.fromObject(JSON.parse(text) as Record<string, unknown>);
}

export function encodeClientFrame(frame: v1.IClientFrame): Uint8Array {
  return v1.ClientFrame.encode(frame).finish();
}

/** The proto3 JSON form of a client frame, as text. */
export function encodeClientFrameJson(frame: v1.IClientFrame): string {
  return JSON.stringify(v1.ClientFrame.toObject(v1.ClientFrame.fromObject(frame), JSON_OPTIONS));
}

export { EncodedEvent };
