/** Sockets as a port: the SDK runs over whatever carries WebSocket messages. */
import { ParleyError } from '../src/core/errors.js';
import type { Subprotocol } from '../src/protocol/version.js';

export interface Socket {
  send(data: Uint8Array | string): void;
  /** `onClose` follows, unless it was called before. */
  close(code?: number, reason?: string): void;
}

export interface SocketHandlers {
  onOpen(): void;
  onMessage(data: Uint8Array | string): void;
  /** Called once; nothing follows it. */
  onClose(code: number, reason: string): void;
}

/** Opens a socket; may throw instead of calling `onClose`. */
export type WebSocketFactory = (url: string, subprotocol: Subprotocol, handlers: SocketHandlers) => Socket;

/** The part of the browser's WebSocket (and of the npm package ws) that is used. */
interface WebSocketLike {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
  send(data: Uint8Array | string): void;
  close(code?: number, reason?: string): void;
}

function bytesOrText(data: unknown): Uint8Array | string {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array | string);
}

/** A factory from a WebSocket class: `webSocketFactory(WebSocket)` in Node with ws. */
export function webSocketFactory(socketClass: new (url: string, protocols: string) => unknown): WebSocketFactory {
  return (url, subprotocol, handlers) => {
    const socket = new socketClass(url, subprotocol) as WebSocketLike;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => handlers.onOpen();
    socket.onmessage = (event) => handlers.onMessage(bytesOrText(event.data));
    socket.onclose = (event) => handlers.onClose(event.code, event.reason);
    socket.onerror = () => {}; // a close follows; without a handler ws would throw
    return { send: (data) => socket.send(data), close: (code, reason) => socket.close(code, reason) };
  };
}

/** The runtime's own WebSocket: browsers, and Node 22 and newer. Throws `invalid_argument` where there is none. */
export function globalWebSocketFactory(): WebSocketFactory {
  const socketClass = (globalThis as { WebSocket?: new (url: string, protocols: string) => unknown }).WebSocket;
  if (socketClass === undefined)
    throw new ParleyError('invalid_argument', {
      sentence: 'This runtime has no WebSocket: pass webSocketFactory(WebSocket) of the package ws.',
    });
  return webSocketFactory(socketClass);
}
