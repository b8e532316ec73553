/** What is kept in the message store (proto/store.proto). */
import './direct-writer.js';
import './wire.js';

export { v1 as stored } from './generated/store.js';
