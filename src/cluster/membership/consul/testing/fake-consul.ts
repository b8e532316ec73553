import { ParleyError } from '../../../../core/errors.js';
import type { ConsulHttp, Entries } from '../consul-http.js';

interface Entry {
  readonly value: string;
  readonly session: string | undefined;
  readonly modifyIndex: number;
}

/** Consul as far as one process asks it: an agent, sessions, and keys that they hold. In memory, for tests. */
export class FakeConsul {
  /** Sessions that were ever made: `s1`, `s2`, … */
  created = 0;
  private readonly sessions = new Set<string>();
  private readonly keys = new Map<string, Entry>();
  private readonly watchers = new Set<() => void>();
  private index = 1;
  private isRegistered = false;
  private refusing: string | undefined;
  private losing: string | undefined;

  get http(): ConsulHttp {
    return this as unknown as ConsulHttp;
  }

  get sessionsNow(): readonly string[] {
    return [...this.sessions];
  }

  /** The next call whose path has `part` in it is answered with 500. */
  refuseOnce(part: string): void {
    this.refusing = part;
  }

  /** The next call whose path has `part` in it is carried out, but its answer is lost. */
  loseAnswerOnce(part: string): void {
    this.losing = part;
  }

  holderOf(key: string): string | undefined {
    return this.keys.get(key)?.session;
  }

  open(session: string): void {
    this.sessions.add(session);
  }

  end(session: string): void {
    this.sessions.delete(session);
    for (const [key, entry] of this.keys) if (entry.session === session) this.keys.delete(key);
    this.changed();
  }

  async put(path: string, body: unknown = ''): Promise<string> {
    this.mayRefuse(path);
    const [call = '', query = ''] = path.split('?');
    const answer = call.startsWith('/v1/kv/')
      ? this.write(call.slice('/v1/kv/'.length), new URLSearchParams(query), String(body))
      : this.answer(call);
    if (this.losing === undefined || !path.includes(this.losing)) return answer;
    this.losing = undefined;
    throw new ParleyError('unavailable');
  }

  async text(path: string): Promise<string> {
    return this.keys.get(path.slice('/v1/kv/'.length).replace('?raw=true', ''))?.value ?? '';
  }

  /** With an index it waits for the next change, however long that takes. */
  async entriesBelow(prefix: string, index: number): Promise<Entries> {
    this.mayRefuse(`/v1/kv/${prefix}?recurse=true`);
    while (index >= this.index) await new Promise<void>((resolve) => this.watchers.add(resolve));
    const below = [...this.keys].filter(([key]) => key.startsWith(prefix));
    return { index: this.index, entries: below.map(([key, entry]) => ({ key: key.slice(prefix.length), ...entry })) };
  }

  private mayRefuse(path: string): void {
    if (this.refusing === undefined || !path.includes(this.refusing)) return;
    this.refusing = undefined;
    throw new ParleyError('unavailable');
  }

  private answer(call: string): string {
    const session = call.split('/').at(-1) ?? '';
    if (call === '/v1/agent/service/register') this.isRegistered = true;
    if (call.startsWith('/v1/agent/check/pass/') && !this.isRegistered) throw new ParleyError('not_found');
    if (call.startsWith('/v1/session/renew/') && !this.sessions.has(session)) throw new ParleyError('not_found');
    if (call.startsWith('/v1/session/destroy/')) this.end(session);
    if (call !== '/v1/session/create') return 'true';
    this.open(`s${++this.created}`);
    return JSON.stringify({ ID: `s${this.created}` });
  }

  private write(key: string, query: URLSearchParams, value: string): string {
    const session = query.get('acquire') ?? undefined;
    if (session !== undefined && !this.sessions.has(session)) throw new ParleyError('unavailable');
    const holder = this.holderOf(key);
    if (session !== undefined && holder !== undefined && holder !== session) return 'false';
    this.changed();
    this.keys.set(key, { value, session, modifyIndex: this.index });
    return 'true';
  }

  private changed(): void {
    this.index++;
    for (const wake of this.watchers) wake();
    this.watchers.clear();
  }
}
