/** What is kept in the message store (proto/store.proto). */
import './wire.js';

export { v1 as stored } from './generated/store.js';
