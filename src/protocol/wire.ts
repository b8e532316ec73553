/** The generated messages under short names, with 64-bit support made sure of (bundlers hide `long` from protobufjs). */
import './one-of.js';
import Long from 'long';
import protobuf from 'protobufjs/minimal.js';

protobuf.util.Long = Long;
protobuf.configure();

export const { Reader, Writer } = protobuf;
export type ProtobufReader = protobuf.Reader;
export type ProtobufWriter = protobuf.Writer;
export { v1 } from './generated/client.js';
export { Long };
