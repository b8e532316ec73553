import { decodeServerFrame, encodeClientFrame } from '../../protocol/codec.js';
import { serverCodec } from '../../protocol/strict-codec.js';
import type { v1 } from '../../protocol/wire.js';
import { receiveFrame } from '../inbound.js';
import type { Link } from '../link.js';
import type { SessionHost } from '../session-host.js';
import type { Encoded, Transport } from '../transport.js';

const codec = serverCodec('parley.v1.protobuf');

/** A client on a WebSocket without a network: it sees each write, and can be slow. */
export class FakeSocket implements Transport {
  readonly resumable = true;
  readonly encode = codec.encode;
  readonly frames: v1.ServerFrame[] = [];
  readonly followed = new Set<string>();
  writes = 0;
  buffered = 0;
  dropping = false;
  closedWith: number | undefined;
  readonly link: Link;
  private readonly host: SessionHost;

  constructor(host: SessionHost, address = '10.0.0.1') {
    this.host = host;
    this.link = host.connect(this, address);
  }

  write(frames: readonly Encoded[]): 'taken' | 'dropped' {
    if (this.closedWith !== undefined) throw new Error('a write after the end');
    if (this.dropping) return 'dropped';
    this.writes += 1;
    for (const frame of frames) this.frames.push(decodeServerFrame(frame as Uint8Array));
    return 'taken';
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  keepAlive(): void {}

  end(closeCode: number): void {
    if (this.closedWith !== undefined) throw new Error('a second end');
    this.closedWith = closeCode;
  }

  follow(channelId: string): void {
    this.followed.add(channelId);
  }

  unfollow(channelId: string): void {
    this.followed.delete(channelId);
  }

  // ---- the client's side

  sendBytes(data: Uint8Array, isBinary = true): void {
    receiveFrame(this.host, this.link, codec, data, isBinary);
  }

  send(frame: v1.IClientFrame): void {
    this.sendBytes(encodeClientFrame(frame));
  }

  /** The frames since the last call. */
  read(): v1.ServerFrame[] {
    return this.frames.splice(0);
  }

  /** The bodies' names of the frames since the last call; of an error its name. */
  readTypes(): string[] {
    return this.read().map((frame) => (frame.body === 'error' ? (frame.error?.name ?? '') : (frame.body ?? '')));
  }

  texts(): string[] {
    return this.read().flatMap((frame) =>
      (frame.deliveries?.items ?? []).map((item) => item.event?.message?.text ?? '-'),
    );
  }
}
