/** A real nats-server of a test's own. */
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { launchNats } from '../../scripts/servers/nats.mjs';
import { newFolder, RealServer, startFresh } from './real-server.js';

export { findNats as findNatsServer, NATS_HINT } from '../../scripts/servers/nats.mjs';

export class NatsServer extends RealServer {
  readonly port: number;

  private constructor(program: string, port: number, flags: readonly string[]) {
    const folder = newFolder('nats');
    super(folder, launchNats({ program, port, folder, flags }));
    this.port = port;
  }

  /** Starts one on a free port; `flags` as on its command line. */
  static start(program: string, flags: readonly string[] = []): Promise<NatsServer> {
    return startFresh(async () => new NatsServer(program, await freePorts(), flags));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }
}
