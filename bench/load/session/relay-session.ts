import { ACKNOWLEDGED, DIRECT, PUBLISH, relayFrame } from '../../baseline/relay-frames.js';
import { LoadWebSocket } from '../transport/websocket.js';
import { BODY_TEXT, type LoadObserver, type LoadSession, peerOf } from './session.js';

const BODY = Buffer.from(BODY_TEXT);

/** A user of the floor. */
export class RelaySession implements LoadSession {
  readonly user: number;
  private socket: LoadWebSocket | undefined;
  private leaving = false;

  private constructor(user: number) {
    this.user = user;
  }

  static async open(port: number, user: number, fromAddress: string, observer: LoadObserver): Promise<RelaySession> {
    const session = new RelaySession(user);
    session.socket = await LoadWebSocket.open(
      { port, path: `/?user=${user}`, subprotocol: undefined, fromAddress },
      {
        onMessage(buffer, start) {
          const messageNumber = buffer.readUInt32LE(start + 5);
          if (buffer[start] === ACKNOWLEDGED) observer.acknowledged(messageNumber, 0, 0, 0);
          else observer.delivered(user, messageNumber, 0, 0, 0, 0);
        },
        onClose: (code) => {
          if (!session.leaving) observer.closed(user, code);
        },
      },
    );
    return session;
  }

  sendDirect(messageNumber: number): void {
    this.socket?.send(relayFrame(DIRECT, peerOf(this.user), messageNumber, BODY));
  }

  publish(messageNumber: number): void {
    this.socket?.send(relayFrame(PUBLISH, 0, messageNumber, BODY));
  }

  close(): void {
    this.leaving = true;
    this.socket?.close();
  }
}
