/** The floor's wire format: kind, number of the other side, number of the message, body. Nothing that a chat needs. */
export const RELAY_HEADER_BYTES = 9;

/** To one connection: the second field names whom; answered by ACKNOWLEDGED, arrives as it was sent. */
export const DIRECT = 1;
/** To every connection. */
export const PUBLISH = 2;
export const ACKNOWLEDGED = 3;

export function relayFrame(kind: number, to: number, messageNumber: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(RELAY_HEADER_BYTES + body.length);
  frame.writeUInt8(kind, 0);
  frame.writeUInt32LE(to, 1);
  frame.writeUInt32LE(messageNumber, 5);
  frame.set(body, RELAY_HEADER_BYTES);
  return frame;
}
