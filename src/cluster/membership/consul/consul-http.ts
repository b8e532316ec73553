/** The few calls of Consul's HTTP API that membership needs (https://developer.hashicorp.com/consul/api-docs), each with a deadline. */
import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
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

interface Answer {
  readonly status: number;
  /** The header of blocking queries; 0: there is none. */
  readonly index: number;
  readonly text: string;
}

/** Over node:http, by profile: every process asks several times a second, and at rest spent a quarter of its time in fetch. */
export class ConsulHttp {
  private readonly address: string;
  private readonly token: string | undefined;
  private readonly request: typeof httpRequest;
  private readonly agent: Agent;

  /** `address`: `http://127.0.0.1:8500`. */
  constructor(address: string, token: string | undefined) {
    this.address = address.replace(/\/+$/, '');
    this.token = token;
    const isTls = this.address.startsWith('https:');
    this.request = isTls ? httpsRequest : httpRequest;
    this.agent = new (isTls ? TlsAgent : Agent)({ keepAlive: true });
  }

  /** Resolves to the text of a 2xx answer; rejects with `not_found` for 404 and with `unavailable` for all else. */
  async text(path: string, call: Call = {}): Promise<string> {
    const { status, text } = await this.send(path, call);
    if (isOk(status)) return text;
    if (status === 404) throw new ParleyError('not_found');
    return this.unavailable(path, `it answers ${status}: ${text.slice(0, 200)}`);
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
    const answer = await this.send(`/v1/kv/${prefix}?recurse=true${query}`, { timeoutMs, signal });
    const { status, text } = answer;
    if (!isOk(status) && status !== 404) return this.unavailable(prefix, `it answers ${status}`);
    // 404: nothing is there.
    const body: unknown = isOk(status) ? this.parse(prefix, text) : [];
    return {
      index: answer.index,
      entries: Array.isArray(body) ? body.flatMap((entry) => keyValue(entry, prefix)) : [],
    };
  }

  private parse(prefix: string, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      return this.unavailable(prefix, cause);
    }
  }

  private async send(path: string, { method = 'GET', body = '', timeoutMs = CALL_MS, signal }: Call): Promise<Answer> {
    const headers = this.token === undefined ? {} : { 'x-consul-token': this.token };
    const options = { method, agent: this.agent, headers, ...(signal && { signal }) };
    try {
      return await this.exchange(`${this.address}${path}`, options, body, timeoutMs);
    } catch (cause) {
      return this.unavailable(path, cause);
    }
  }

  private exchange(url: string, options: RequestOptions, body: string, timeoutMs: number): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const sent = this.request(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, index: Number(response.headers['x-consul-index'] ?? 0), text });
        });
      });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      sent.once('error', (cause) => {
        clearTimeout(timer);
        reject(cause);
      });
      sent.end(body);
    });
  }

  private unavailable(path: string, cause: unknown): never {
    const why = cause instanceof Error ? cause.message : cause;
    const sentence = `Consul at ${this.address} cannot be used (${path.split('?', 1)[0]}): ${why}`;
    throw new ParleyError('unavailable', { sentence, cause });
  }
}

const isOk = (status: number): boolean => status >= 200 && status < 300;

function keyValue(entry: unknown, prefix: string): KeyValue[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { Key, Value, Session, ModifyIndex } = entry as Record<string, unknown>;
  if (typeof Key !== 'string' || typeof ModifyIndex !== 'number') return [];
  const value = typeof Value === 'string' ? Buffer.from(Value, 'base64').toString() : '';
  const session = typeof Session === 'string' ? Session : undefined;
  return [{ key: Key.slice(prefix.length), value, session, modifyIndex: ModifyIndex }];
}
