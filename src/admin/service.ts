/** The gRPC server over the handlers: who asks, and errors as codes. Loaded when the first operator connects (listener.ts). */
import {
  type Metadata,
  Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Clock } from '../core/clock.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { type Audit, audited } from './audited-call.js';
import { type AnyMethod, definitionOf } from './definition.js';
import { whileAllowed } from './lasting-rights.js';
import { type Call, type Handlers, METHODS, type MethodName } from './methods.js';
import { refusalOf } from './refusals.js';
import { RefusedLogins } from './refused-logins.js';
import { mayAct, type Operator } from './roles.js';
import { Seldom } from './seldom.js';

const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Who asks, from the metadata (a token) or the connection (a certificate). Throws `unauthenticated`. */
export type Identify = (metadata: Metadata, certificate: PeerCertificateNames | undefined) => Operator;

export interface PeerCertificateNames {
  readonly commonName: string;
  readonly organizationalUnits: readonly string[];
}

export interface ServiceDeps {
  readonly handlers: Handlers;
  readonly identify: Identify;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface CallDeps extends ServiceDeps {
  readonly refused: RefusedLogins;
  readonly forbidden: Seldom;
}

type AnyCall = ServerUnaryCall<object, object> | ServerWritableStream<object, object>;

export function createAdminServer(deps: ServiceDeps): Server {
  const own = { refused: new RefusedLogins(deps.clock, deps.logger), forbidden: new Seldom(deps.clock) };
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_concurrent_streams': 64,
  });
  const methods = Object.entries(METHODS) as unknown as [MethodName, AnyMethod][];
  server.addService(
    definitionOf(methods),
    Object.fromEntries(methods.map(([name, method]) => [name, implementation({ ...deps, ...own }, name, method)])),
  );
  return server;
}

function implementation(deps: CallDeps, name: MethodName, method: AnyMethod) {
  const handle = deps.handlers[name] as (request: object, call: Call) => Promise<object> | AsyncIterable<object>;
  if (method.streams) {
    return (call: ServerWritableStream<object, object>): void => {
      perform(deps, name, method, call, async (asked) => {
        for await (const message of handle(call.request, asked) as AsyncIterable<object>) {
          if (asked.signal.aborted) return;
          if (!call.write(message)) await drained(call, asked.signal);
        }
      }).then(
        () => call.end(),
        (error: unknown) => call.emit('error', refusalOf(toParleyError(error))),
      );
    };
  }
  return (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>): void => {
    perform(deps, name, method, call, (asked) => handle(call.request, asked) as Promise<object>).then(
      (message) => answer(null, message),
      (error: unknown) => answer(refusalOf(toParleyError(error))),
    );
  };
}

async function perform<Result>(
  deps: CallDeps,
  name: MethodName,
  method: AnyMethod,
  call: AnyCall,
  work: (asked: Call) => Promise<Result>,
): Promise<Result> {
  const operator = identified(deps, name, call);
  const ended = new AbortController();
  call.on('cancelled', () => ended.abort());
  const { signal } = ended;
  const rights = { clock: deps.clock, lost: () => lostBy(deps, method, call), end: () => ended.abort() };
  const done = (): Promise<Result> => work({ operator, signal });
  try {
    const mayRecordForbidden = (): boolean => mayRecord(deps);
    const asked = { name, method, operator, request: call.request, signal, mayRecordForbidden };
    return await audited(deps.audit, asked, () => (method.streams ? whileAllowed(rights, done) : done()));
  } catch (thrown) {
    const error = toParleyError(thrown);
    if (error.kind === 'internal') deps.logger.error({ err: error.cause, method: name }, 'an admin call failed');
    throw error;
  }
}

/** Somebody who asks again and again for what they may not have fills no table. The rate is that of all operators together. */
function mayRecord({ forbidden, logger }: CallDeps): boolean {
  const leftOut = forbidden.take();
  if (leftOut) logger.warn({ leftOut }, 'calls that were forbidden are not in the audit: they were many');
  return leftOut !== undefined;
}

function identified({ identify, refused }: CallDeps, name: MethodName, call: AnyCall): Operator {
  try {
    return identify(call.metadata, namesOf(call));
  } catch (error) {
    refused.tell(call.getPeer(), name);
    throw error;
  }
}

/** A file of tokens that cannot be read just now has taken nothing from anybody. */
function lostBy({ identify }: CallDeps, method: AnyMethod, call: AnyCall): ParleyError | undefined {
  try {
    const { role } = identify(call.metadata, namesOf(call));
    return mayAct(role, method.role) ? undefined : new ParleyError('forbidden');
  } catch (thrown) {
    const error = toParleyError(thrown);
    return error.kind === 'unauthenticated' ? error : undefined;
  }
}

function namesOf(call: AnyCall): PeerCertificateNames | undefined {
  const subject = call.getAuthContext().sslPeerCertificate?.subject;
  if (subject === undefined) return undefined;
  const { CN, OU } = subject as unknown as { readonly CN?: string; readonly OU?: string | readonly string[] };
  return { commonName: CN ?? '', organizationalUnits: typeof OU === 'string' ? [OU] : (OU ?? []) };
}

function drained(call: ServerWritableStream<object, object>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      call.off('drain', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    call.on('drain', end);
    signal.addEventListener('abort', end);
  });
}
