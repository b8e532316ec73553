/**
 * A TCP proxy before one server, of one process's own, that a test cuts where there are no network namespaces. What was under
 * way when it fell silent passes when it is healed, as TCP sends again what was lost.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Cut, Link } from './link.js';

export class CutProxy implements Link {
  /** Of the proxy, on the loopback interface. */
  readonly port: number;
  private readonly server: Server;
  private readonly target: { readonly host: string; readonly port: number };
  private readonly pairs = new Set<Pair>();
  /** Who connected in the silence: their servers hear of it when it ends. */
  private readonly waiting = new Set<Socket>();
  private cutNow: Cut | undefined;

  private constructor(server: Server, target: CutProxy['target']) {
    this.server = server;
    this.target = target;
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    server.on('connection', (socket) => this.take(socket));
  }

  /** `target`: `host:port`. */
  static async before(target: string): Promise<CutProxy> {
    const split = target.lastIndexOf(':');
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CutProxy(server, { host: target.slice(0, split), port: Number(target.slice(split + 1)) });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that pass through it now. */
  get connections(): number {
    return this.pairs.size;
  }

  cut(how: Cut): void {
    this.cutNow = how;
    if (how === 'silence') for (const pair of this.pairs) pair.silence();
    else this.resetAll();
  }

  heal(): void {
    this.cutNow = undefined;
    for (const pair of this.pairs) pair.heal();
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const socket of waiting) this.take(socket);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.resetAll();
    await closed;
  }

  private resetAll(): void {
    for (const pair of this.pairs) pair.reset();
    for (const socket of this.waiting) socket.resetAndDestroy();
    this.waiting.clear();
  }

  private take(socket: Socket): void {
    if (this.cutNow === 'reset') {
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
    } else if (this.cutNow === 'silence') {
      socket.on('error', () => undefined);
      this.waiting.add(socket);
    } else {
      const pair = new Pair(socket, connect({ ...this.target, allowHalfOpen: true }), () => this.pairs.delete(pair));
      this.pairs.add(pair);
    }
  }
}

/** One connection on its way through. */
class Pair {
  private readonly sockets: readonly [Socket, Socket];
  private readonly gone: () => void;
  private silent = false;
  /** What happened in the silence, in order. */
  private late: (() => void)[] = [];

  constructor(near: Socket, far: Socket, gone: () => void) {
    this.sockets = [near, far];
    this.gone = gone;
    this.forward(near, far);
    this.forward(far, near);
    near.resume();
  }

  silence(): void {
    this.silent = true;
    for (const socket of this.sockets) socket.pause();
  }

  heal(): void {
    if (!this.silent) return;
    this.silent = false;
    const { late } = this;
    this.late = [];
    for (const happen of late) happen();
    for (const socket of this.sockets) socket.resume();
  }

  reset(): void {
    for (const socket of this.sockets) if (!socket.destroyed) socket.resetAndDestroy();
    this.gone();
  }

  private forward(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      if (to.destroyed) return;
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => {
        if (!this.silent) from.resume();
      });
    });
    from.on('end', () => this.whenHeard(() => to.end()));
    from.on('error', () => undefined); // `close` follows
    from.on('close', (failed) => this.whenHeard(() => this.ended(to, failed)));
  }

  private ended(other: Socket, failed: boolean): void {
    if (!other.destroyed) {
      if (failed) other.resetAndDestroy();
      else other.destroySoon();
    }
    if (this.sockets.every(({ destroyed }) => destroyed)) this.gone();
  }

  /** Now, or when the silence is over. */
  private whenHeard(happen: () => void): void {
    if (this.silent) this.late.push(happen);
    else happen();
  }
}
