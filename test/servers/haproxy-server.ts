/** A real HAProxy of a test's own, before processes that the test names. */
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { findHaproxy, HAPROXY_HINT, launchHaproxy } from '../../scripts/servers/haproxy.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';

export { findHaproxy, HAPROXY_HINT };

/** Addresses, `host:port`, of the processes behind it. */
export interface Behind {
  readonly apis: readonly string[];
  readonly gateways: readonly string[];
}

export class HaproxyServer extends RealServer {
  readonly address: string;

  private constructor(program: string, address: string, behind: Behind) {
    const folder = newFolder('haproxy');
    super(folder, launchHaproxy({ program, folder, address, ...behind }));
    this.address = address;
  }

  /** Resolves when it answers, and at least one API process behind it does. */
  static start(program: string, behind: Behind): Promise<HaproxyServer> {
    return startFresh(async () => new HaproxyServer(program, `127.0.0.1:${await freePorts()}`, behind));
  }

  get url(): string {
    return `http://${this.address}`;
  }
}
