/** A real gateway before a World's node, with a bus that can lose what the node pushes to it. */

import { userActor } from '../../src/core/ids.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import { seededRandom } from '../../src/core/random.js';
import { SessionHost } from '../../src/gateway/session-host.js';
import { Sweeper } from '../../src/gateway/sweep.js';
import { FakeSocket } from '../../src/gateway/testing/fake-socket.js';
import { fakeVerifier } from '../../src/gateway/testing/fake-verifier.js';
import type { Question } from '../../src/protocol/bus-messages.js';
import type { v1 } from '../../src/protocol/wire.js';
import type { World } from './fixture.js';

export class RealGateway {
  readonly host: SessionHost;
  /** While it is set, what the node pushes is lost. */
  losing = false;
  /** Pushes of inbox entries so far. */
  pushes = 0;
  private readonly chat: World;
  private readonly sweeper: Sweeper;
  private readonly sockets: FakeSocket[] = [];
  private opened: Question | undefined;

  constructor(chat: World) {
    this.chat = chat;
    const { edge: bus, node, clock } = chat;
    const { push } = node.host;
    node.host.push = (address, envelope) => {
      if (envelope.type === 'push' && envelope.items.length > 0) this.pushes++;
      if (!this.losing || envelope.type === 'answer') push.call(node.host, address, envelope);
    };
    const { ask } = bus;
    bus.ask = (actor, question, ...more) => {
      if (question.type === 'session_open') this.opened = question;
      return ask.call(bus, actor, question, ...more);
    };
    this.host = new SessionHost(
      {
        bus,
        verifier: fakeVerifier,
        fallback: async () => ({ status: 404, headers: {}, body: '' }),
        clock,
        random: seededRandom(1),
        logger: silentLogger,
        metrics: noMetrics,
      },
      () => undefined,
    );
    this.sweeper = new Sweeper(this.host);
  }

  async connect(userId: string, cursor?: v1.ICursor, deviceId = 'phone', resume?: v1.IResume): Promise<FakeSocket> {
    const socket = new FakeSocket(this.host);
    this.sockets.push(socket);
    socket.send({
      requestId: 1,
      hello: {
        token: `${userId}.${deviceId}`,
        ...(cursor === undefined ? {} : { cursor }),
        ...(resume === undefined ? {} : { resume }),
      },
    });
    await this.chat.clock.settle();
    return socket;
  }

  /** The question that opened the last session comes a second time, and late. */
  async askAgain(userId: string): Promise<void> {
    if (this.opened === undefined) throw new Error('nobody connected');
    await this.chat.question(userActor(userId), this.opened);
  }

  /** Lets time pass as it does in a gateway. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.chat.clock.advance(1_000);
      for (const socket of this.sockets) if (socket.closedWith === undefined) socket.send({ heartbeat: {} });
      this.sweeper.sweepAll();
      await this.chat.clock.settle();
    }
  }
}
