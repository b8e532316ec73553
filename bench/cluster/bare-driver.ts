import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { systemClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import { openCassandra } from '../../src/storage/cassandra/cassandra-storage.js';
import type { DriverOrder, DriverReport, DriverResult } from './driver-orders.js';
import type { Cores, Servers } from './servers.js';

const PROGRAM = new URL('./driver-program.js', import.meta.url).pathname;
const KEYSPACE = 'bench_driver';

/** The process of the bare driver; see driver-program.ts. */
export class BareDriver {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start({ addresses }: Servers, { servers }: Cores): Promise<BareDriver> {
    const storage = await openCassandra({
      ...{ contactPoints: [addresses.cassandra], localDataCenter: 'datacenter1', keyspace: KEYSPACE, replication: 1 },
      ...{ incarnation: 'bench', cluster: undefined, clock: systemClock, logger: silentLogger, metrics: noMetrics },
    });
    await storage.close();
    const child = fork(PROGRAM, [addresses.cassandra, KEYSPACE]);
    if (servers !== undefined) spawnSync('taskset', ['-a', '-p', '-c', servers, String(child.pid)]);
    return new BareDriver(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** One order at a time. */
  order(order: DriverOrder, onPhase: (phase: 'measuring' | 'measured') => void): Promise<DriverResult> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`the bare driver ended with ${code}`));
      const onReport = (report: DriverReport): void => {
        if (report.type === 'done') resolve(report.value);
        else if (report.type === 'failed') reject(new Error(report.sentence));
        else return onPhase(report.type);
        child.off('message', onReport).off('exit', onExit);
      };
      child.on('message', onReport).once('exit', onExit);
      child.send(order);
    });
  }

  stop(): void {
    this.child.kill();
  }
}
