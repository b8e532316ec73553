/** An event to a thousand sockets of a gateway. The readers are a process of their own, whose time is not counted. */

import uWebSockets, { type TemplatedApp, type WebSocket } from 'uWebSockets.js';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FanoutEvents } from '../../../src/protocol/frames.js';
import { serverCodec } from '../../../src/protocol/strict-codec.js';
import { type Candidate, type MicroCase, turn } from './case.js';
import { sampleEncoded } from './sample.js';

const READERS = 1_000;
/** Further ahead of the readers, sockets would fill, and their backlog would be measured. */
const AHEAD_MAX = 8;
const CHANNEL = 'gaaaaaaaaaaaaaaaa';
const READERS_PROGRAM = new URL('./readers.js', import.meta.url).pathname;
const codec = serverCodec('parley.v1.protobuf');

class Place {
  readonly app: TemplatedApp;
  readonly sockets: WebSocket<object>[] = [];
  private readers: ChildProcess | undefined;
  private received = 0;
  private expected = 0;

  constructor() {
    this.app = uWebSockets.App().ws<object>('/*', {
      compression: uWebSockets.DISABLED,
      maxBackpressure: 64 * 1024 * 1024,
      open: (socket) => {
        socket.subscribe(CHANNEL);
        this.sockets.push(socket);
      },
    });
  }

  async fill(): Promise<void> {
    const port = await new Promise<number>((resolve) =>
      this.app.listen('127.0.0.1', 0, (listening) =>
        resolve(listening ? uWebSockets.us_socket_local_port(listening) : 0),
      ),
    );
    this.readers = fork(READERS_PROGRAM, [String(port), String(READERS)]);
    this.readers.on('message', (received: number) => {
      this.received = received;
    });
    await once(this.readers, 'message');
    while (this.sockets.length < READERS) await turn();
  }

  /** Publishes an event a turn, few ahead of the readers, and waits until all of them have all. */
  async offer(count: number, publish: (seq: number) => void): Promise<void> {
    for (let done = 0; done < count; done += READERS) {
      publish(done);
      this.expected += READERS;
      await turn();
      await this.untilBehind(AHEAD_MAX * READERS);
    }
    await this.untilBehind(0);
  }

  private async untilBehind(deliveries: number): Promise<void> {
    while (this.expected - this.received > deliveries) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  close(): void {
    this.readers?.kill();
    this.app.close();
  }
}

function events(seq: number): FanoutEvents {
  return { channelId: CHANNEL, head: seq + 1, events: [sampleEncoded(seq + 1, CHANNEL)] };
}

const frameOf = (seq: number): Uint8Array | string =>
  codec.encode({ requestId: 0, sessionSeq: 0, body: { type: 'fanout', value: events(seq) } });

async function open(): Promise<Candidate[]> {
  const place = new Place();
  await place.fill();
  const bytes = frameOf(0);
  const candidate = (name: string, publish: (seq: number) => void): Candidate => ({
    name,
    run: (count) => place.offer(count, publish),
  });
  return [
    candidate('bare publish of the same bytes', () => void place.app.publish(CHANNEL, bytes, true)),
    {
      ...candidate('Parley, encoded once', (seq) => void place.app.publish(CHANNEL, frameOf(seq), true)),
      close: () => place.close(),
    },
    candidate('encoded for each', (seq) => {
      for (const socket of place.sockets) socket.send(frameOf(seq), true);
    }),
  ];
}

export const fanOut: MicroCase = {
  name: 'fan-out',
  one: 'a delivery, 1,000 sockets',
  count: 100 * READERS,
  open,
};
