/** The few calls of Consul's HTTP API that membership needs (https://developer.hashicorp.com/consul/api-docs), each with a deadline. */
import { ParleyError } from '../../../core/errors.js';

const CALL_MS = 2_000;
/** A blocking query is answered after its wait and a sixteenth of it at random, says Consul. */
const BLOCKING_GRACE_MS = 4_000;

export interface KeyValue {
  /** Below the prefix that was asked for. */
  readonly key: string;
  readonly value: string;
  /** The session that holds it. */
  readonly session: string | undefined;
  readonly modifyIndex: number;
}

export interface Entries {
  readonly index: number;
  readonly entries: readonly KeyValue[];
}

interface Call {
  readonly method?: 'GET' | 'PUT' | 'DELETE';
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export class ConsulHttp {
  private readonly address: string;
  private readonly token: string | undefined;

  /** `address`: `http://127.0.0.1:8500`. */
  constructor(address: string, token: string | undefined) {
    this.address = address.replace(/\/+$/, '');
    this.token = token;
  }

  /** Resolves to the text of a 2xx answer; rejects with `not_found` for 404 and with `unavailable` for all else. */
  async text(path: string, call: Call = {}): Promise<string> {
    const response = await this.fetch(path, call);
    const text = await response.text().catch((cause: unknown) => this.unavailable(path, cause));
    if (response.ok) return text;
    if (response.status === 404) throw new ParleyError('not_found');
    return this.unavailable(path, `it answers ${response.status}: ${text.slice(0, 200)}`);
  }

  async put(path: string, body: unknown = ''): Promise<string> {
    return this.text(path, { method: 'PUT', body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  /**
   * Everything below `prefix`. With `index` above 0: waits until something changed since, or `waitSeconds` have passed. The
   * index that comes back may be lower than the one before (a restored registry): then the next question must start at 0.
   */
  async entriesBelow(prefix: string, index: number, waitSeconds: number, signal: AbortSignal): Promise<Entries> {
    const query = index > 0 ? `&index=${index}&wait=${waitSeconds}s` : '';
    const timeoutMs = index > 0 ? waitSeconds * 1_000 + BLOCKING_GRACE_MS : CALL_MS;
    const response = await this.fetch(`/v1/kv/${prefix}?recurse=true${query}`, { timeoutMs, signal });
    if (!response.ok && response.status !== 404) return this.unavailable(prefix, `it answers ${response.status}`);
    const next = Number(response.headers.get('x-consul-index') ?? 0);
    // 404: nothing is there.
    const body: unknown = response.ok ? await response.json().catch((cause) => this.unavailable(prefix, cause)) : [];
    return { index: next, entries: Array.isArray(body) ? body.flatMap((entry) => keyValue(entry, prefix)) : [] };
  }

  private async fetch(path: string, { method = 'GET', body, timeoutMs = CALL_MS, signal }: Call): Promise<Response> {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(`${this.address}${path}`, {
        method,
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
        headers: this.token === undefined ? {} : { 'x-consul-token': this.token },
        ...(body === undefined ? {} : { body }),
      });
    } catch (cause) {
      return this.unavailable(path, cause);
    }
  }

  private unavailable(path: string, cause: unknown): never {
    const why = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : cause;
    const sentence = `Consul at ${this.address} cannot be used (${path.split('?', 1)[0]}): ${why}`;
    throw new ParleyError('unavailable', { sentence, cause });
  }
}

function keyValue(entry: unknown, prefix: string): KeyValue[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { Key, Value, Session, ModifyIndex } = entry as Record<string, unknown>;
  if (typeof Key !== 'string' || typeof ModifyIndex !== 'number') return [];
  const value = typeof Value === 'string' ? Buffer.from(Value, 'base64').toString() : '';
  const session = typeof Session === 'string' ? Session : undefined;
  return [{ key: Key.slice(prefix.length), value, session, modifyIndex: ModifyIndex }];
}
