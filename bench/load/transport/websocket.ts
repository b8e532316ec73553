/**
 * A WebSocket client that costs a load generator as little as Node allows: one shared read buffer, no events, no
 * copies, a zero mask. It trusts the server: for measuring, not for use.
 */
import { connect, type Socket } from 'node:net';

const OPCODE_TEXT = 1;
const OPCODE_BINARY = 2;
const OPCODE_CLOSE = 8;
const OPCODE_PING = 9;
const OPCODE_PONG = 10;
const MASKED = 0x80;
const FINAL = 0x80;

/** Reads happen one after the other in this thread, and are used up before the next: one buffer does for all. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

/** When the bytes that are being handled were read, on the clock of performance.now(). */
export let readAtMs = 0;

/** For whoever reads without a LoadWebSocket. */
export function noteReading(): void {
  readAtMs = performance.now();
}

export interface WebSocketHandlers {
  /** `buffer` holds the message from `start` to `end`, and is good during the call only. */
  onMessage(buffer: Buffer, start: number, end: number): void;
  /** Once; `code` is 1006 when the server named none. */
  onClose(code: number): void;
}

export interface WebSocketTarget {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  readonly subprotocol: string | undefined;
  /** The loopback address to come from, so that limits per address do not hit a generator. */
  readonly fromAddress: string | undefined;
  /** Default: ten seconds, without a byte. */
  readonly upgradeWithinMs?: number;
}

const UPGRADE_WITHIN_MS = 10_000;

export class LoadWebSocket {
  private readonly socket: Socket;
  private readonly handlers: WebSocketHandlers;
  private rest: Buffer | undefined;
  private upgraded = false;
  private closeCode = 1006;
  private readonly onUpgrade: () => void;

  private constructor(target: WebSocketTarget, handlers: WebSocketHandlers, onUpgrade: () => void) {
    this.handlers = handlers;
    this.onUpgrade = onUpgrade;
    this.socket = connect({
      port: target.port,
      host: target.host ?? '127.0.0.1',
      ...(target.fromAddress === undefined ? {} : { localAddress: target.fromAddress }),
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          readAtMs = performance.now();
          this.read(READ_BUFFER, length);
          return true;
        },
      },
    });
    this.socket.setTimeout(target.upgradeWithinMs ?? UPGRADE_WITHIN_MS, () => this.socket.destroy());
    this.socket.on('connect', () => this.socket.write(upgradeRequest(target)));
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.handlers.onClose(this.closeCode));
  }

  /** Resolves once upgraded; rejects when the connection closes before, or nothing comes of it in time. */
  static open(target: WebSocketTarget, handlers: WebSocketHandlers): Promise<LoadWebSocket> {
    return new Promise((resolve, reject) => {
      let open = false;
      const socket: LoadWebSocket = new LoadWebSocket(
        target,
        {
          onMessage: (buffer, start, end) => handlers.onMessage(buffer, start, end),
          onClose: (code) => {
            if (open) handlers.onClose(code);
            else reject(new Error(`no upgrade: the connection was closed`));
          },
        },
        () => {
          open = true;
          resolve(socket);
        },
      );
    });
  }

  get bytesOut(): number {
    return this.socket.bytesWritten;
  }

  get bytesIn(): number {
    return this.socket.bytesRead;
  }

  send(payload: Uint8Array): void {
    this.write(OPCODE_BINARY, payload);
  }

  sendText(text: string): void {
    this.write(OPCODE_TEXT, Buffer.from(text));
  }

  close(): void {
    this.socket.destroy();
  }

  private write(opcode: number, payload: Uint8Array): void {
    const { length } = payload;
    const header = length < 126 ? 6 : 8;
    const frame = Buffer.allocUnsafe(header + length);
    frame[0] = FINAL | opcode;
    if (length < 126) frame[1] = MASKED | length;
    else {
      frame[1] = MASKED | 126;
      frame.writeUInt16BE(length, 2);
    }
    frame.fill(0, header - 4, header);
    frame.set(payload, header);
    this.socket.write(frame);
  }

  private read(shared: Buffer, length: number): void {
    let buffer = shared;
    let end = length;
    if (this.rest !== undefined) {
      buffer = Buffer.concat([this.rest, shared.subarray(0, length)]);
      end = buffer.length;
      this.rest = undefined;
    }
    const used = this.upgraded ? this.frames(buffer, 0, end) : this.upgrade(buffer, end);
    if (used < end) this.rest = Buffer.from(buffer.subarray(used, end));
  }

  private upgrade(buffer: Buffer, end: number): number {
    const head = buffer.toString('latin1', 0, end);
    const blank = head.indexOf('\r\n\r\n');
    if (blank < 0) return 0;
    if (!head.startsWith('HTTP/1.1 101')) {
      this.socket.destroy();
      return end;
    }
    this.upgraded = true;
    this.socket.setTimeout(0);
    this.onUpgrade();
    return this.frames(buffer, blank + 4, end);
  }

  /** Handles the whole frames in the buffer; returns where the first incomplete one starts. */
  private frames(buffer: Buffer, from: number, end: number): number {
    let at = from;
    while (end - at >= 2) {
      const opcode = (buffer[at] ?? 0) & 15;
      let length = buffer[at + 1] ?? 0;
      let start = at + 2;
      if (length === 126) {
        if (end - at < 4) break;
        length = buffer.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (end - at < 10) break;
        length = buffer.readUInt32BE(at + 6);
        start = at + 10;
      }
      if (end - start < length) break;
      this.frame(opcode, buffer, start, start + length);
      at = start + length;
    }
    return at;
  }

  private frame(opcode: number, buffer: Buffer, start: number, end: number): void {
    if (opcode === OPCODE_PING) this.write(OPCODE_PONG, buffer.subarray(start, end));
    else if (opcode === OPCODE_CLOSE) {
      if (end - start >= 2) this.closeCode = buffer.readUInt16BE(start);
      this.socket.destroy();
    } else if (opcode !== OPCODE_PONG) this.handlers.onMessage(buffer, start, end);
  }
}

function upgradeRequest({ path, host = '127.0.0.1', port, subprotocol }: WebSocketTarget): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: cGFybGV5LWJlbmNoLTAwMA==',
  ];
  if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
