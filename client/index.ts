/** The Parley SDK for browsers and Node: see ParleyClient. */
export { type ErrorName, ParleyError } from '../src/core/errors.js';
export type { Subprotocol } from '../src/protocol/version.js';
export type { Credentials } from './account.js';
export type { ChannelHandle } from './channel-handle.js';
export type { ListPage, NewChannel } from './channel-requests.js';
export { ParleyClient } from './client.js';
export type { ClientClock, ClientRandom } from './clock.js';
export type { ParleyClientOptions } from './options.js';
export type { OutboxRecord } from './outbox-record.js';
export type { PageQuery, People } from './people.js';
export type * from './people-types.js';
export { type MessagePicture, newerOf, pictureOf } from './picture.js';
export type { SearchHit, SearchPage, SearchRequest, TextRange } from './search.js';
export {
  type ClientState,
  type ClientStorage,
  localStorageStorage,
  memoryStorage,
  type StoredCursor,
} from './storage.js';
export { type Socket, type SocketHandlers, type WebSocketFactory, webSocketFactory } from './transport.js';
export type * from './types.js';
