/** The embedded form: every role in this process. The only place, with main.ts, that names adapters. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Api, type ApiOptions, createApi } from '../api/api.js';
import type { Readiness } from '../api/readiness.js';
import { MemoryBus } from '../cluster/bus/memory/memory-bus.js';
import { ChatNode } from '../cluster/chat-node.js';
import { EdgeLink } from '../cluster/edge-link.js';
import { StaticMembership } from '../cluster/membership/static/static-membership.js';
import { EventReporter } from '../cluster/operations/event-reporter.js';
import { soleOwnership } from '../cluster/ownership/sole-ownership.js';
import { soleOwner } from '../cluster/routes.js';
import type { AccessTokenVerifier } from '../core/access-token.js';
import { systemClock as clock } from '../core/clock.js';
import type { ParleyError } from '../core/errors.js';
import type { TellHappening } from '../core/happenings.js';
import type { Logger } from '../core/logger.js';
import type { ProcessInfo, ProcessLoad } from '../core/membership.js';
import type { Metrics } from '../core/metrics.js';
import type { NoticeBoard } from '../core/notice.js';
import { systemRandom as random, randomName } from '../core/random.js';
import type { Tracing } from '../core/trace.js';
import { createPasswordHasher } from '../directory/passwords/argon2-password-hasher.js';
import { openSqliteDirectory } from '../directory/sqlite/sqlite-directory.js';
import { createAccessTokenSigner, createAccessTokenVerifier } from '../directory/tokens/access-tokens.js';
import { RevokedDevices } from '../directory/tokens/revocable-verifier.js';
import { loadSigningKeys } from '../directory/tokens/signing-keys.js';
import type { Gateway } from '../gateway/gateway.js';
import { startGateway } from '../gateway/server.js';
import type { BusEnvelope } from '../protocol/bus-messages.js';
import { pushSubject } from '../protocol/bus-subjects.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { HOLD_MAX_MS, openLmdb } from '../storage/lmdb/lmdb-storage.js';
import { activateActor } from './activate-actor.js';
import { openAdmin } from './admin.js';
import { answerOperators } from './answer-operators.js';
import { EmbeddedReadiness } from './embedded-readiness.js';
import { FileNoticeBoard } from './file-notice-board.js';
import { createMetrics, type ReadableMetrics } from './metrics.js';
import { serveOperations } from './operations-server.js';
import type { Options } from './option-table.js';
import { processReport, VERSION } from './process-report.js';
import { type ConfiguredPush, readPush, sendersOf, startPush } from './push.js';
import { Teardown } from './teardown.js';
import { eventLoopDelayReader } from './telemetry.js';
import { openTracing } from './tracing.js';

/** The compiled web page, beside the compiled server. */
const WEB_FOLDER = fileURLToPath(new URL('../../web/', import.meta.url));
const LOAD_REPORT_MS = 1_000;
const NODE_DRAIN_MS = 4_000;

const NO_LOAD: ProcessLoad = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

export interface Embedded {
  readonly port: number;
  /** Where operators connect; undefined: nowhere. */
  readonly adminAddress: string | undefined;
  /** Lets the clients move, finishes what is under way, writes everything down. Resolves within about 10 s. */
  stop(): Promise<void>;
}

/** Why this process can acknowledge nothing more, and must end: one sentence. */
export type OnLost = (why: string) => void;

/** Starts everything, or rejects with why not and leaves nothing running. */
export async function startEmbedded(options: Options, logger: Logger, onLost: OnLost): Promise<Embedded> {
  const teardown = new Teardown(logger);
  try {
    return await start(options, logger, onLost, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(options: Options, logger: Logger, onLost: OnLost, teardown: Teardown): Promise<Embedded> {
  const metrics = await createMetrics(options.metricsPort !== 0);
  const readiness = new EmbeddedReadiness(teardown);
  await openOperations(options, metrics, { readiness, teardown });
  const incarnation = `e${clock.now().toString(36)}-${randomName(random, 8)}`;
  const { tracing, spans } = await openTracing(options, { incarnation, logger, teardown });
  const folder = await openDataFolder(options.data, { now: clock.now() });
  teardown.add('data folder', () => folder.release());
  const keys = loadSigningKeys(folder.path);
  const revoked = new RevokedDevices();
  const verifier = revoked.guard(createAccessTokenVerifier(keys, clock));
  const storage = await openLmdb({ folder, incarnation, onBroken: (error) => onLost(brokenDisk(error)) });
  teardown.add('message store', () => storage.close());
  const directory = await openSqliteDirectory({ file: join(folder.path, 'directory.sqlite'), logger, clock });
  teardown.add('directory', () => directory.close());
  const passwords = createPasswordHasher();
  teardown.add('password hasher', () => passwords.close());

  const push = readPush(options, join(folder.path, 'vapid.json'));
  const bus = new MemoryBus<BusEnvelope>(clock);
  const membership = new StaticMembership();
  await membership.join(describe(incarnation, options));
  const routes = soleOwner(incarnation);
  const notices = new FileNoticeBoard(folder.path);
  const { tell: happened } = new EventReporter({ bus, incarnation, clock, logger });
  const node = new ChatNode({
    ...{ incarnation, storage, bus, routes, clock, logger, metrics, tracing, happened },
    onFenced: () => onLost('another process has taken this data folder over; nothing more is acknowledged here.'),
    ownership: soleOwnership({ incarnation, storage, clock }),
    people: directory.people,
    flushing: { flushesMax: 1, holdMaxMs: HOLD_MAX_MS },
    activate: activateActor,
    pushSubjectOf: () => pushSubject(incarnation),
  });
  const edge = new EdgeLink(bus, routes, clock, incarnation);
  await edge.start();
  const { pushEndpoints } = directory;
  const parts = { incarnation, bus, actors: edge, pushEndpoints, serves: () => true, clock, random, logger, metrics };
  const pushing = await startPush(await sendersOf(push, { clock }), parts);
  readiness.pushNotReady = pushing.notReady;
  await node.start();
  teardown.add('node', () => node.drain(NODE_DRAIN_MS));
  teardown.add('push', pushing.stop); // before the actors, which are told what is done

  const api = await createApi({
    options: apiOptions(options, push),
    signer: createAccessTokenSigner(keys, clock),
    revoked,
    verifyingKeys: keys.verifying,
    actors: edge,
    ...{ readiness, directory, passwords, verifier, membership, clock, random, logger, metrics, tracing },
  });
  teardown.add('api', () => api.close());
  const gateway = await openGateway(options, { edge, api, verifier, logger, metrics, tracing, happened, notices });
  reportLoad(membership, gateway);
  teardown.add('gateway', () => stopGateway(gateway, options));
  const own = { spans, node: node.operations, gateway: gateway.operations, tokens: revoked };
  const operations = { report: processReport(membership, incarnation), ...own };
  await answerOperators({ incarnation, bus, operations, logger, teardown });
  const operated = { incarnation, bus, membership, directory, logger, clock, teardown, happened, notices };
  const adminAddress = await openAdmin(options, folder.path, { ...operated, board: undefined, actors: edge });
  readiness.serving = true;
  return { port: gateway.port, adminAddress, stop: () => teardown.run() };
}

const brokenDisk = ({ message }: ParleyError): string =>
  `${message} What the disk holds is unknown until Parley opens the data folder anew: start it again.`;

function describe(incarnation: string, { publicUrl, zone }: Options): ProcessInfo {
  const roles = ['gateway', 'node', 'api', 'push', 'admin'];
  return { incarnation, name: 'embedded', weight: 1, roles, publicUrl: publicUrl || undefined, zone, load: NO_LOAD };
}

async function openOperations(
  options: Options,
  metrics: ReadableMetrics,
  { readiness, teardown }: { readonly readiness: Readiness; readonly teardown: Teardown },
): Promise<void> {
  if (options.metricsPort === 0) return;
  const address = { host: '127.0.0.1', port: options.metricsPort };
  const { server } = await serveOperations(metrics, address, readiness);
  teardown.add('metrics', async () => void server.close());
}

const apiOptions = (options: Options, push: ConfiguredPush): ApiOptions => ({
  zone: options.zone,
  webFolder: WEB_FOLDER,
  tls: options.tlsCert !== '' || options.publicUrl.startsWith('wss:'),
  allowedOrigins: options.allowedOrigins,
  trustedProxies: options.trustedProxies,
  version: VERSION,
  push: push.api,
  limits: {},
});

interface GatewayParts {
  readonly edge: EdgeLink;
  readonly api: Api;
  readonly verifier: AccessTokenVerifier;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly happened: TellHappening;
  readonly notices: NoticeBoard;
}

function openGateway(options: Options, parts: GatewayParts): Promise<Gateway> {
  const { host, port, tlsCert, tlsKey, allowedOrigins, trustedProxies } = options;
  const { edge, api, verifier, logger, metrics, tracing, happened, notices } = parts;
  const tls = tlsCert === '' ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  return startGateway(
    { bus: edge, verifier, fallback: api.handler, clock, random, logger, metrics, tracing, happened, notices },
    { host, port, tls, allowedOrigins, trustedProxies },
  );
}

async function stopGateway(gateway: Gateway, options: Options): Promise<void> {
  await gateway.drain({ deadlineMs: options.drainSeconds * 1_000, to: [] });
  gateway.close();
}

function reportLoad(membership: StaticMembership, gateway: Gateway): void {
  const eventLoopDelayMs = eventLoopDelayReader();
  const report = (): void => {
    membership.report({ ...gateway.load(), eventLoopDelayMs: eventLoopDelayMs(), at: clock.now() });
    clock.after(LOAD_REPORT_MS, report);
  };
  report();
}
