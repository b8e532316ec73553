import type { HttpRequest as Head, HttpResponse as Socket } from 'uWebSockets.js';
import { ParleyError } from '../../core/errors.js';
import type { HttpRequest, HttpResponse } from '../../core/http.js';
import { LIMITS } from '../../core/limits.js';
import { addressText, type TrustedProxies } from '../addresses.js';
import { errorResponse, writeResponse } from './responses.js';

export type RequestHead = Omit<HttpRequest, 'body'>;

/** One HTTP request and its answer, safe against the client going away at any time. */
export class Exchange {
  readonly head: RequestHead;
  /** Upper case in `head.method`, as everywhere; the socket layer wants lower. */
  private readonly socket: Socket;
  private finished = false;
  private aborted: (() => void) | undefined;

  /** To be made within the handler's own turn: `head` is gone afterwards. */
  constructor(socket: Socket, head: Head, proxies: TrustedProxies) {
    this.socket = socket;
    const headers: Record<string, string> = {};
    head.forEach((name, value) => {
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    });
    const query = head.getQuery();
    this.head = {
      method: head.getCaseSensitiveMethod(),
      url: query === '' ? head.getUrl() : `${head.getUrl()}?${query}`,
      headers,
      remoteAddress: proxies.clientAddress(addressText(socket.getRemoteAddress()), headers['x-forwarded-for'] ?? ''),
    };
    socket.onAborted(() => {
      this.finished = true;
      this.aborted?.();
    });
  }

  get isFinished(): boolean {
    return this.finished;
  }

  /** Calls back when the client goes away before the answer. */
  onAborted(callback: () => void): void {
    this.aborted = callback;
  }

  /** Reads the body; to be called in the handler's own turn. Never resolves when the client goes away or sends too much. */
  readBody(bytesMax: number = LIMITS.frameBytesMax): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    return new Promise((resolve) => {
      this.socket.onData((chunk, isLast) => {
        if (this.finished) return;
        bytes += chunk.byteLength;
        if (bytes > bytesMax) return this.respond(errorResponse(new ParleyError('frame_too_large')), true);
        chunks.push(Buffer.from(new Uint8Array(chunk))); // a copy: the chunk is dead after this call
        if (isLast) resolve(Buffer.concat(chunks));
      });
    });
  }

  /** Answers; does nothing when the client has gone. `close` ends the connection after it. */
  respond(response: HttpResponse, close = false): void {
    if (this.finished) return;
    this.finished = true;
    writeResponse(this.socket, response, this.head.method.toLowerCase(), close);
  }
}
