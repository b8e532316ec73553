/** What is asked of a socket of `node:net`. */
export interface CountedSocket {
  readonly bytesWritten: number;
  readonly bytesRead: number;
  once(event: 'close', listener: () => void): unknown;
}

/** Bytes of all sockets that were used, of which only the open ones are kept: a server that is away costs one for each attempt. */
export class SocketBytes {
  private readonly open = new Set<CountedSocket>();
  private closedOut = 0;
  private closedIn = 0;

  /** May be told of one socket again and again. */
  note(socket: CountedSocket): void {
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
