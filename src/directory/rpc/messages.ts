import { type ErrorName, ParleyError, toParleyError } from '../../core/errors.js';
import type { Directory } from '../directory.js';

/** The directory without its life cycle: what crosses to another thread, area by area. */
export type Areas = Omit<Directory, 'close'>;
export type AreaName = keyof Areas;

/** Every method that may be called from the other side; the type holds that none is missing. */
export const METHODS: { readonly [A in AreaName]: { readonly [M in keyof Areas[A]]: true } } = {
  accounts: {
    create: true,
    createMany: true,
    passwordHashOf: true,
    changePasswordHash: true,
    find: true,
    search: true,
  },
  settings: {
    profileOf: true,
    profilesOf: true,
    changeProfile: true,
    settingsOf: true,
    changeSettings: true,
    channelSettingsOf: true,
    changeChannelSettings: true,
  },
  friends: { request: true, accept: true, decline: true, remove: true, block: true, unblock: true, list: true },
  devices: { register: true, list: true, rename: true, seen: true, remove: true, removeOthers: true },
  refreshTokens: { issue: true, rotate: true, holderOf: true },
  pushEndpoints: { set: true, remove: true, list: true },
  administration: { list: true, count: true, find: true, setState: true, erase: true },
  audit: { append: true, read: true },
  people: { factsOf: true, existing: true, active: true, deleted: true },
};

export interface Call {
  readonly id: number;
  readonly area: AreaName;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** `close` comes last: it is answered by `closed` after the replies to all calls before it. */
export type ToDirectory = { readonly type: 'calls'; readonly calls: readonly Call[] } | { readonly type: 'close' };

export type FromDirectory =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly error: WireError }
  | { readonly type: 'replies'; readonly replies: readonly Reply[] }
  | { readonly type: 'closed' };

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

export interface WireError {
  readonly kind: ErrorName;
  readonly sentence: string;
  readonly retryAfterMs: number;
  /** Where it came from, for the log; a stack does not cross threads by itself. */
  readonly trace: string | undefined;
}

export function toWireError(thrown: unknown): WireError {
  const error = toParleyError(thrown);
  const { kind, message: sentence, retryAfterMs } = error;
  const origin = error.cause instanceof Error ? error.cause : undefined;
  return { kind, sentence, retryAfterMs, trace: origin?.stack };
}

export function fromWireError({ kind, sentence, retryAfterMs, trace }: WireError): ParleyError {
  return new ParleyError(kind, { sentence, retryAfterMs, ...(trace === undefined ? {} : { cause: new Error(trace) }) });
}
