/** An embedded Parley of its own folder, and its operators and users. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Ran, runCommand } from './command-line.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

export type Fields = Record<string, unknown>;

const PASSWORD = 'correct horse battery';

export class OperatedParley {
  private readonly folder = temporaryFolder();
  readonly data = join(this.folder.path, 'data');
  private process: ParleyProcess | undefined;

  /** Also again, on the same folder, after `stop`. */
  async start(...options: readonly string[]): Promise<void> {
    this.process = await ParleyProcess.start('--port', '0', '--data', this.data, ...options);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.process?.signal(signal);
  }

  async end(): Promise<void> {
    await this.stop('SIGKILL');
    this.folder.remove();
  }

  get origin(): string {
    return this.process?.origin ?? '';
  }

  file(name: string): string {
    return join(this.folder.path, name);
  }

  operate(...args: readonly string[]): Promise<Ran> {
    return runCommand(...args, '--data', this.data);
  }

  /** Of a command that must succeed. */
  async answer(...args: readonly string[]): Promise<Fields> {
    const ran = await this.operate(...args, '--json');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ran.stdout) as Fields;
  }

  /** A token of an operator of that role. */
  async token(name: string, role: string): Promise<string> {
    return (await this.operate('token', join(this.data, 'admin-tokens.json'), name, role)).stdout.trim();
  }

  async post(path: string, body: object, token?: string): Promise<Fields> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const response = await fetch(`${this.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Fields;
  }

  async get(path: string, token: string): Promise<Fields> {
    const response = await fetch(`${this.origin}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return (await response.json()) as Fields;
  }

  /** Makes an account; resolves to its access token. */
  async signUp(userId: string): Promise<string> {
    return String((await this.post('/v1/accounts', { userId, password: PASSWORD })).accessToken);
  }

  /** Sends a message; resolves to the acknowledgement. */
  async send(token: string, to: object, text: string): Promise<Fields> {
    const clientMessageId = `s${++this.sends}`;
    const send = { ...to, clientMessageId, message: { text } };
    const { sendAck, ...rest } = await this.post('/v1/request', { requestId: 1, send }, token);
    expect(rest).not.toHaveProperty('error');
    return sendAck as Fields;
  }

  private sends = 0;
}
