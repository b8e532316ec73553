import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';
import { ParleyError } from '../core/errors.js';
import { TrustedProxies } from './addresses.js';
import { Admission } from './admission.js';
import type { DrainOptions, Gateway, GatewayDeps, GatewayOptions } from './gateway.js';
import { Exchange } from './http/exchange.js';
import { serveFallback } from './http/fallback.js';
import { SessionHost } from './session-host.js';
import { SWEEP_MS, sweep } from './sweep.js';
import { publishToSockets, serveWebSockets } from './websocket.js';

/** The driver, with the option that its types declare but do not export as it is. */
type Driver = typeof import('uWebSockets.js') & { readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number };

/** The overload that names host and options both, which the driver has but its types lack. */
interface ExclusiveListener {
  listen(host: string, port: number, options: number, callback: (socket: us_listen_socket | false) => void): void;
}

/**
 * Listens and serves: WebSockets, the HTTP transports, and everything else by the fallback. Rejects with one sentence
 * when the port is taken, the certificate cannot be read, or the platform has no binary of uWebSockets.js.
 */
export async function startGateway(deps: GatewayDeps, options: GatewayOptions): Promise<Gateway> {
  const driver = await loadDriver();
  const app = createApp(driver, options);
  const proxies = new TrustedProxies(options.trustedProxies);
  const host = new SessionHost(deps, (events) => publishToSockets(app, events));
  serveWebSockets(app, host, new Admission(host, options.allowedOrigins), proxies);
  app.any('/*', (res, req) => {
    void serveFallback(deps.fallback, new Exchange(res, req, proxies));
  });
  const socket = listen(driver, app, options);
  return new RunningGateway(driver, app, host, socket);
}

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

function listen(driver: Driver, app: TemplatedApp, { host, port }: GatewayOptions): us_listen_socket {
  let listening: us_listen_socket | false = false;
  const listener = app as unknown as ExclusiveListener;
  listener.listen(host, port, driver.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    listening = socket;
  });
  if (listening === false) {
    app.close();
    throw new ParleyError('unavailable', { sentence: `Port ${port} of ${host} cannot be listened on: is it taken?` });
  }
  return listening;
}

class RunningGateway implements Gateway {
  readonly port: number;
  private readonly driver: Driver;
  private readonly app: TemplatedApp;
  private readonly host: SessionHost;
  private socket: us_listen_socket | undefined;
  private cancelSweep: () => void = () => {};
  private closed = false;

  constructor(driver: Driver, app: TemplatedApp, host: SessionHost, socket: us_listen_socket) {
    this.driver = driver;
    this.app = app;
    this.host = host;
    this.socket = socket;
    this.port = driver.us_socket_local_port(socket as never);
    this.sweepAgain();
  }

  private sweepAgain(): void {
    this.cancelSweep = this.host.deps.clock.after(SWEEP_MS, () => {
      sweep(this.host);
      this.sweepAgain();
    });
  }

  async drain(_options: DrainOptions): Promise<void> {
    this.host.draining = true;
    for (const session of [...this.host.sessions.values()]) {
      if (session.link === undefined) this.host.end(session);
      else session.link.close('draining');
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cancelSweep();
    if (this.socket !== undefined) this.driver.us_listen_socket_close(this.socket);
    this.socket = undefined;
    this.app.close();
  }

  load(): ReturnType<Gateway['load']> {
    let queuedBytes = 0;
    for (const session of this.host.sessions.values()) queuedBytes += session.link?.transport.bufferedBytes() ?? 0;
    return { sessions: this.host.sessions.size, queuedBytes, draining: this.host.draining };
  }
}
