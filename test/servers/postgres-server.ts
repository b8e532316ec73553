/** A real PostgreSQL of a test's own. */
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { findPostgres, launchPostgres, POSTGRES_HINT, postgresUrl } from '../../scripts/servers/postgres.mjs';
import { newFolder, RealServer, startFresh } from './real-server.js';

export { findPostgres, POSTGRES_HINT };

export class PostgresServer extends RealServer {
  readonly port: number;

  private constructor(bin: string, port: number, flags: readonly string[]) {
    const folder = newFolder('postgres');
    super(folder, launchPostgres({ bin, port, folder, flags }));
    this.port = port;
  }

  /** Starts one on a free port; `bin` as `findPostgres` gives it, `flags` as on its command line. */
  static start(bin: string, flags: readonly string[] = []): Promise<PostgresServer> {
    return startFresh(async () => new PostgresServer(bin, await freePorts(), flags));
  }

  /** Of a database that is empty at first. */
  get url(): string {
    return postgresUrl(this);
  }
}
