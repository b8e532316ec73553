/** What a device keeps between starts. */
import type { OutboxRecord } from './outbox-record.js';

export interface StoredCursor {
  readonly term: number;
  readonly sub: number;
  readonly inboxSeq: number;
}

/** Plain JSON. */
export interface ClientState {
  readonly userId: string;
  readonly deviceId: string;
  /** The inbox up to here has been handed to the application. */
  readonly cursor: StoredCursor | undefined;
  /** Channel → the last seq handed to the application. */
  readonly heads: Readonly<Record<string, number>>;
  /** Channel → the last seq that came and could not be handed on yet. */
  readonly behind: Readonly<Record<string, number>>;
  /** Sends not yet settled, in order. */
  readonly outbox: readonly OutboxRecord[];
}

/**
 * Keeps one device's state. The client loads once, then saves the whole state: soon after each send, else at most once
 * a second, always after what it counts as handed on was handed on. One client at a time for each store.
 */
export interface ClientStorage {
  load(): ClientState | undefined | Promise<ClientState | undefined>;
  /**
   * Replaces what was saved before; with a promise (IndexedDB, AsyncStorage), resolved when a crash does not undo it. A
   * message that was stored before it could be sent is sent once it is stored as tried; so a restart never doubles it.
   * A failure is told as a `problem`, and so is, as `timeout`, a save that takes longer than 2 s: neither stops the
   * sending, and the next save tries again.
   */
  save(state: ClientState): void | Promise<void>;
}

/** Forgotten with the page or process: for tests, and to hand a device's state from one client to the next. */
export function memoryStorage(): ClientStorage {
  let saved: string | undefined;
  return {
    load: () => (saved === undefined ? undefined : (JSON.parse(saved) as ClientState)),
    save(state) {
      saved = JSON.stringify(state);
    },
  };
}

/**
 * In the browser's localStorage under `key`; two tabs need two keys. What is not JSON counts as nothing. Where the browser refuses it
 * (full, or forbidden), saving throws, which the client tells as a `problem`; made without `storage` it throws at once where it is forbidden.
 */
export function localStorageStorage(key: string, storage: Storage = globalThis.localStorage): ClientStorage {
  return {
    load() {
      try {
        return (JSON.parse(storage.getItem(key) ?? 'null') as ClientState | null) ?? undefined;
      } catch {
        return undefined;
      }
    },
    save: (state) => storage.setItem(key, JSON.stringify(state)),
  };
}
