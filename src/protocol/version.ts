/** Grows with each change of proto/client.proto that an older client could not read. */
export const PROTOCOL_VERSION = 1;

/** WebSocket subprotocols, in the server's order of preference. */
export const SUBPROTOCOLS = ['parley.v1.protobuf', 'parley.v1.json'] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];
