/** A device without a WebSocket: requests by POST, the inbox by polls, each frame as the WebSocket would bring it. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { systemRandom } from '../../../src/core/random.js';
import { v1 } from '../../../src/protocol/wire.js';
import { ANSWER_WITHIN_MS, type Connection, type ConnectionHandlers, type Place } from './connection.js';
import { SocketBytes } from './socket-bytes.js';
import { noteReading } from './websocket.js';

/** A long poll is held for so long at most. */
const WAIT_SECONDS = 25;
const RETRY_MS = 500;
const UNAVAILABLE = 1006;
/** After so many polls in a row without an answer, nobody is there. */
const FAILURES_MAX = 5;

interface Page {
  readonly frames: readonly object[];
  readonly cursor: string;
  readonly more: boolean;
}

/** `everyMs`: between two polls; undefined: long polls. Resolves at once: there is nothing to open. */
export async function openPolling(
  place: Place,
  token: string,
  everyMs: number | undefined,
  handlers: ConnectionHandlers,
): Promise<Connection> {
  return new Polling(place, token, everyMs, handlers);
}

class Polling implements Connection {
  private readonly place: Place;
  private readonly token: string;
  private readonly everyMs: number | undefined;
  private readonly handlers: ConnectionHandlers;
  private readonly agent: Agent;
  private readonly sockets = new SocketBytes();
  private requests = 0;
  private cursor = '';
  private closed = false;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(place: Place, token: string, everyMs: number | undefined, handlers: ConnectionHandlers) {
    this.place = place;
    this.token = token;
    this.everyMs = everyMs;
    this.handlers = handlers;
    this.agent = new Agent({ keepAlive: true, maxSockets: 2 });
  }

  send(frame: v1.IClientFrame): void {
    if (frame.heartbeat || frame.acknowledge) return;
    if (frame.hello) void this.hello(frame.requestId ?? 0, frame.hello);
    else void this.post(frame);
  }

  traffic() {
    return { requests: this.requests, ...this.sockets.total };
  }

  close(): void {
    this.end(UNAVAILABLE);
  }

  private end(code: number): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    this.handlers.onClose(code);
    this.agent.destroy();
  }

  private async hello(requestId: number, { cursor }: v1.IHello): Promise<void> {
    let first: Page;
    try {
      if (cursor) this.cursor = `${cursor.term ?? 0}.${cursor.sub ?? 0}.${cursor.inboxSeq ?? 0}`;
      // It is welcome when the server answers, with a cursor too.
      first = await this.page(cursor ? `?since=${this.cursor}` : '');
    } catch {
      this.end(UNAVAILABLE);
      return;
    }
    // What follows begins where the device was, as it does over a WebSocket.
    const [term = 0, sub = 0, inboxSeq = 0] = (cursor ? this.cursor : first.cursor).split('.').map(Number);
    this.cursor = first.cursor;
    this.tell({ requestId, welcome: { cursor: { term, sub, inboxSeq } } });
    noteReading();
    for (const frame of first.frames) this.tell(frame);
    this.schedule(first.more ? 0 : (this.everyMs ?? 0) * systemRandom.fraction());
  }

  private schedule(delayMs: number): void {
    if (!this.closed) this.timer = setTimeout(() => void this.poll(), delayMs);
  }

  private async poll(): Promise<void> {
    const due = performance.now() + (this.everyMs ?? 0);
    try {
      const { frames, cursor, more } = await this.page(
        `?since=${this.cursor}${this.everyMs === undefined ? `&wait=${WAIT_SECONDS}` : ''}`,
      );
      if (this.closed) return;
      this.failures = 0;
      noteReading();
      this.cursor = cursor;
      for (const frame of frames) this.tell(frame);
      this.schedule(more ? 0 : Math.max(0, due - performance.now()));
    } catch {
      if (++this.failures < FAILURES_MAX) this.schedule(RETRY_MS);
      else this.end(UNAVAILABLE);
    }
  }

  private async page(query: string): Promise<Page> {
    const { status, text } = await this.ask('GET', `/v1/poll${query}`);
    if (status !== 200) throw new Error(text);
    return JSON.parse(text) as Page;
  }

  private async post(frame: v1.IClientFrame): Promise<void> {
    const requestId = frame.requestId ?? 0;
    const object = v1.ClientFrame.toObject(v1.ClientFrame.fromObject(frame), { longs: String, enums: String });
    try {
      const { text } = await this.ask('POST', '/v1/request', JSON.stringify(object));
      noteReading();
      const answer = JSON.parse(text) as { error?: { retry?: string } };
      const retry = answer.error?.retry?.toUpperCase();
      this.tell({ ...answer, ...(answer.error && { error: { ...answer.error, retry } }), requestId });
    } catch {
      if (this.closed) return;
      this.tell({ requestId, error: { code: 7004, name: 'unavailable', retry: 'BACKOFF' } });
    }
  }

  private tell(frame: object): void {
    if (this.closed) return;
    const bytes = Buffer.from(v1.ServerFrame.encode(v1.ServerFrame.fromObject(frame)).finish());
    this.handlers.onFrame(bytes, 0, bytes.length);
  }

  private ask(method: string, path: string, body = ''): Promise<{ readonly status: number; readonly text: string }> {
    this.requests++;
    const { host, port, fromAddress } = this.place;
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const timeout = ANSWER_WITHIN_MS + (path.includes('wait=') ? WAIT_SECONDS * 1000 : 0);
    const from = fromAddress === undefined ? {} : { localAddress: fromAddress };
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, ...from, method, path, headers, agent: this.agent, timeout }, (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      sent.on('socket', (socket) => this.sockets.note(socket));
      sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${timeout} ms`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
