import type { Outlet } from '../outlet.js';
import type { Encoded, Transport } from '../transport.js';
import { encodeEvent } from './event-encoding.js';
import type { Exchange } from './exchange.js';
import type { StreamFollowers } from './stream-followers.js';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** A session's frames as server-sent events. What is lost with the connection comes again by Last-Event-ID. */
export class EventStream implements Transport {
  readonly resumable = false;
  readonly encode = encodeEvent;
  /** Undefined again once it has ended. */
  link: Outlet | undefined;
  /** Called once it has ended. */
  onEnd: () => void = () => {};
  private readonly exchange: Exchange;
  private readonly followers: StreamFollowers;
  private readonly followed = new Set<string>();
  private begun = false;
  /** At most this much waits in the socket's buffer, which does not say how much it really is. */
  private buffered = 0;

  constructor(exchange: Exchange, followers: StreamFollowers) {
    this.exchange = exchange;
    this.followers = followers;
  }

  write(frames: readonly Encoded[]): 'taken' {
    if (!this.begun) {
      this.begun = true;
      this.exchange.begin(200, HEADERS, () => this.writable());
    }
    this.put(frames.join(''));
    return 'taken';
  }

  private put(text: string): void {
    if (this.exchange.write(text)) this.buffered = 0;
    else this.buffered += text.length;
  }

  /** The buffer empties only as something is written. */
  private writable(): void {
    this.put(':\n\n');
    if (this.buffered === 0) this.link?.wake();
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  keepAlive(): void {
    this.put(':\n\n');
  }

  end(closeCode: number, sentence: string): void {
    this.write([`event: close\ndata: ${JSON.stringify({ code: closeCode, sentence })}\n\n`]);
    this.exchange.end();
    this.ended();
  }

  /** By either side. Its session may be gone before it, so it takes itself out of what it follows. */
  ended(): void {
    for (const channelId of this.followed) this.unfollow(channelId);
    this.link = undefined;
    this.onEnd();
  }

  follow(channelId: string): void {
    if (this.link === undefined) return;
    this.followed.add(channelId);
    this.followers.add(channelId, this.link);
  }

  unfollow(channelId: string): void {
    if (this.link === undefined) return;
    this.followed.delete(channelId);
    this.followers.delete(channelId, this.link);
  }
}
