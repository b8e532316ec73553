/** A server of a test: notes what it is sent, and answers what it was told to. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorded {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class RecordingServer {
  readonly requests: Recorded[] = [];
  answer: (request: Recorded) => Reply = () => ({ status: 201 });
  private readonly server: Server;

  private constructor() {
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const recorded = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
      this.requests.push(recorded);
      const { status, headers, body } = this.answer(recorded);
      response.writeHead(status, headers).end(body);
    });
  }

  static async start(): Promise<RecordingServer> {
    const recording = new RecordingServer();
    recording.server.listen(0, '127.0.0.1');
    await once(recording.server, 'listening');
    return recording;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
