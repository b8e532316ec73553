/** A real PostgreSQL of a test's own. */
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { findPostgres, launchPostgres, POSTGRES_HINT, postgresUrl } from '../../scripts/servers/postgres.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';

export { findPostgres, POSTGRES_HINT };

export class PostgresServer extends RealServer {
  readonly port: number;
  readonly address: string;

  private constructor(bin: string, address: string, port: number, flags: readonly string[]) {
    const folder = newFolder('postgres');
    super(folder, launchPostgres({ bin, port, folder, address, flags }));
    this.address = address;
    this.port = port;
  }

  /** Starts one on a free port of this machine's `address`; `bin` as `findPostgres` gives it, `flags` as on its command line. */
  static start(bin: string, flags: readonly string[] = [], address = '127.0.0.1'): Promise<PostgresServer> {
    return startFresh(async () => new PostgresServer(bin, address, await freePorts(1, [address]), flags));
  }

  /** Of a database that is empty at first. */
  get url(): string {
    return postgresUrl(this);
  }
}
