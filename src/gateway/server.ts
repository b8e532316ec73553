import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';
import { CrossOrigin } from '../core/cross-origin.js';
import { ParleyError } from '../core/errors.js';
import { TrustedProxies } from './addresses.js';
import { Admission } from './admission.js';
import { drainSessions } from './drain.js';
import type { DrainOptions, Gateway, GatewayDeps, GatewayOptions } from './gateway.js';
import { HttpContext } from './http/http-context.js';
import { HttpRoutes } from './http/routes.js';
import { StreamFollowers } from './http/stream-followers.js';
import { gatewayOperations } from './operations.js';
import { findPort } from './port-probe.js';
import { SessionHost } from './session-host.js';
import { SWEEP_TURN_MS, Sweeper } from './sweep.js';
import { CONNECT_PATH, publishToSockets, serveWebSockets } from './websocket.js';

/**
 * Listens and serves: WebSockets, the HTTP transports, and everything else by the fallback. Rejects with one sentence
 * when the port is taken, the certificate cannot be read, or the platform has no binary of uWebSockets.js.
 */
export async function startGateway(deps: GatewayDeps, options: GatewayOptions): Promise<Gateway> {
  const driver = await loadDriver();
  const app = createApp(driver, options);
  const proxies = new TrustedProxies(options.trustedProxies);
  const followers = new StreamFollowers();
  const host = new SessionHost(deps, (events) => {
    publishToSockets(app, events);
    followers.publish(events);
  });
  serveWebSockets(app, host, new Admission(host, options.allowedOrigins), proxies);
  const context = new HttpContext(host, followers);
  const routes = new HttpRoutes(context, proxies, new CrossOrigin(options.allowedOrigins));
  routes.register(app, CONNECT_PATH);
  const socket = await listen(app, options);
  return new RunningGateway({ driver, app, host, context, routes }, socket);
}

/** How long clients have when an operator drains a gateway that goes on running, milliseconds. */
const ORDERED_DRAIN_MS = 30_000;

type Driver = typeof import('uWebSockets.js');

async function loadDriver(): Promise<Driver> {
  try {
    return (await import('uWebSockets.js')).default as unknown as Driver;
  } catch (cause) {
    const sentence = `uWebSockets.js has no binary for ${process.platform} ${process.arch} with Node ${process.version}.`;
    throw new ParleyError('unavailable', { sentence, cause });
  }
}

function createApp(driver: Driver, { tls }: GatewayOptions): TemplatedApp {
  if (tls === undefined) return driver.App();
  const passphrase = tls.passphrase === undefined ? {} : { passphrase: tls.passphrase };
  try {
    return driver.SSLApp({ key_file_name: tls.keyFile, cert_file_name: tls.certFile, ...passphrase });
  } catch (cause) {
    const sentence = `The certificate ${tls.certFile} or its key ${tls.keyFile} cannot be used.`;
    throw new ParleyError('unavailable', { sentence, cause });
  }
}

async function listen(app: TemplatedApp, { host, port }: GatewayOptions): Promise<us_listen_socket> {
  const found = await findPort(host, port);
  const socket = found !== undefined && (await listenOn(app, host, found));
  if (socket) return socket;
  app.close();
  throw new ParleyError('unavailable', { sentence: `Port ${port} of ${host} is taken or cannot be listened on.` });
}

function listenOn(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket | false> {
  return new Promise((resolve) => app.listen(host, port, resolve));
}

interface Parts {
  readonly driver: Driver;
  readonly app: TemplatedApp;
  readonly host: SessionHost;
  readonly context: HttpContext;
  readonly routes: HttpRoutes;
}

class RunningGateway implements Gateway {
  readonly port: number;
  readonly operations: Gateway['operations'];
  private readonly parts: Parts;
  private readonly host: SessionHost;
  private socket: us_listen_socket | undefined;
  private readonly sweeper: Sweeper;
  private cancelSweep: () => void = () => {};
  private closed = false;

  constructor(parts: Parts, socket: us_listen_socket) {
    this.parts = parts;
    this.host = parts.host;
    this.socket = socket;
    this.port = parts.driver.us_socket_local_port(socket as never);
    this.sweeper = new Sweeper(parts.host);
    this.operations = gatewayOperations(
      parts.host,
      () => this.load().queuedBytes,
      (to) => void this.drain({ deadlineMs: ORDERED_DRAIN_MS, to }),
    );
    this.sweepAgain();
  }

  private sweepAgain(): void {
    const { clock } = this.host.deps;
    const dueMs = clock.monotonic() + SWEEP_TURN_MS;
    this.cancelSweep = clock.after(SWEEP_TURN_MS, () => {
      this.sweeper.sweepSome(clock.monotonic() - dueMs);
      this.sweepAgain();
    });
  }

  drain(options: DrainOptions): Promise<void> {
    const { context, routes } = this.parts;
    return drainSessions(this.host, options, {
      finishPolls: () => {
        for (const poll of [...context.polls.values()]) poll.finish();
      },
      requestsInFlight: () => routes.inFlight,
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cancelSweep();
    if (this.socket !== undefined) this.parts.driver.us_listen_socket_close(this.socket);
    this.socket = undefined;
    this.parts.app.close();
  }

  load(): ReturnType<Gateway['load']> {
    let queuedBytes = 0;
    for (const session of this.host.sessions.values()) queuedBytes += session.link?.transport.bufferedBytes() ?? 0;
    return { sessions: this.host.sessions.size, queuedBytes, draining: this.host.draining };
  }
}
