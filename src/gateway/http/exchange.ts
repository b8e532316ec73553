import type { HttpRequest as Head, HttpResponse as Socket } from 'uWebSockets.js';
import { ParleyError } from '../../core/errors.js';
import type { HttpRequest, HttpResponse } from '../../core/http.js';
import { LIMITS } from '../../core/limits.js';
import { addressText, type TrustedProxies } from '../addresses.js';
import { statusLine, writeResponse } from './responses.js';

export type RequestHead = Omit<HttpRequest, 'body'>;

/** One HTTP request and its answer, safe against the client going away at any time. */
export class Exchange {
  readonly head: RequestHead;
  readonly query: URLSearchParams;
  private readonly socket: Socket;
  private finished = false;
  private alsoHeaders: Readonly<Record<string, string>> = {};
  private readonly aborts: (() => void)[] = [];

  /** To be made within the handler's own turn: `head` is gone afterwards. */
  constructor(socket: Socket, head: Head, proxies: TrustedProxies) {
    this.socket = socket;
    const headers: Record<string, string> = Object.create(null);
    head.forEach((name, value) => {
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    });
    // Undefined for an address without a query, whatever the declaration says.
    const query: string = head.getQuery() ?? '';
    this.query = new URLSearchParams(query);
    this.head = {
      method: head.getCaseSensitiveMethod(),
      url: query === '' ? head.getUrl() : `${head.getUrl()}?${query}`,
      headers,
      remoteAddress: proxies.clientAddress(addressText(socket.getRemoteAddress()), headers['x-forwarded-for'] ?? ''),
    };
    socket.onAborted(() => {
      this.finished = true;
      for (const callback of this.aborts) callback();
    });
  }

  /** Headers that the answer has as well, whatever it is. */
  allow(headers: Readonly<Record<string, string>>): void {
    this.alsoHeaders = headers;
  }

  /** Whether it was answered, or the client has gone. */
  get isFinished(): boolean {
    return this.finished;
  }

  /** Calls back when the client goes away before the answer is complete. */
  onAborted(callback: () => void): void {
    this.aborts.push(callback);
  }

  /** Reads the body; to be called in the handler's own turn. Rejects with `frame_too_large`, or when the client goes away. */
  readBody(bytesMax: number = LIMITS.frameBytesMax): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    return new Promise((resolve, reject) => {
      this.onAborted(() => reject(new ParleyError('unavailable', { sentence: 'The client went away.' })));
      this.socket.onData((chunk, isLast) => {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) return reject(new ParleyError('frame_too_large'));
        chunks.push(Buffer.from(new Uint8Array(chunk))); // a copy: the chunk is dead after this call
        if (isLast) resolve(Buffer.concat(chunks));
      });
    });
  }

  /** Answers; does nothing when that was done or the client has gone. `close` ends the connection after it. */
  respond(response: HttpResponse, close = false): void {
    if (this.finished) return;
    this.finished = true;
    const headers = { ...response.headers, ...this.alsoHeaders };
    writeResponse(this.socket, { ...response, headers }, this.head.method.toLowerCase(), close);
  }

  // ---- an answer in pieces ---------------------------------------------------------------------------------------

  /** Begins an answer that goes on with `write`. `onWritable` is called when the socket may take more than before. */
  begin(status: number, headers: Readonly<Record<string, string>>, onWritable: () => void): void {
    if (this.finished) return;
    this.socket.onWritable(() => {
      onWritable();
      return true;
    });
    this.socket.cork(() => {
      this.socket.writeStatus(statusLine(status));
      for (const [name, value] of Object.entries({ ...headers, ...this.alsoHeaders }))
        this.socket.writeHeader(name, value);
    });
  }

  /** Writes a piece; false when it, or a part of it, waits for the socket. */
  write(piece: string): boolean {
    if (this.finished) return true;
    let taken = true;
    this.socket.cork(() => {
      taken = this.socket.write(piece);
    });
    return taken;
  }

  end(): void {
    if (this.finished) return;
    this.finished = true;
    this.socket.cork(() => this.socket.end());
  }
}
