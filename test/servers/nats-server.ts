/** A real nats-server of a test's own. */
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { launchNats } from '../../scripts/servers/nats.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';

export { findNats as findNatsServer, NATS_HINT } from '../../scripts/servers/nats.mjs';

export class NatsServer extends RealServer {
  readonly port: number;
  private readonly host: string;

  private constructor(program: string, host: string, port: number, flags: readonly string[]) {
    const folder = newFolder('nats');
    super(folder, launchNats({ program, port, folder, address: host, flags }));
    this.host = host;
    this.port = port;
  }

  /** Starts one on a free port of this machine's address `host`; `flags` as on its command line. */
  static start(program: string, flags: readonly string[] = [], host = '127.0.0.1'): Promise<NatsServer> {
    return startFresh(async () => new NatsServer(program, host, await freePorts(1, [host]), flags));
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }
}
