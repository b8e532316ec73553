import type { Socket } from 'node:net';

/** Bytes of all sockets that were used, of which only the open ones are kept: a server that is away costs one for each attempt. */
export class SocketBytes {
  private readonly open = new Set<Pick<Socket, 'bytesWritten' | 'bytesRead'>>();
  private closedOut = 0;
  private closedIn = 0;

  /** May be told of one socket again and again. */
  note(socket: Pick<Socket, 'bytesWritten' | 'bytesRead' | 'once'>): void {
    if (this.open.has(socket)) return;
    this.open.add(socket);
    socket.once('close', () => {
      this.open.delete(socket);
      this.closedOut += socket.bytesWritten;
      this.closedIn += socket.bytesRead;
    });
  }

  get kept(): number {
    return this.open.size;
  }

  get total(): { readonly bytesOut: number; readonly bytesIn: number } {
    let [bytesOut, bytesIn] = [this.closedOut, this.closedIn];
    for (const socket of this.open) {
      bytesOut += socket.bytesWritten;
      bytesIn += socket.bytesRead;
    }
    return { bytesOut, bytesIn };
  }
}
