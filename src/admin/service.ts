/**
 * The gRPC server over the handlers: who asks and whether they may, the audit log, errors as codes; beside it the health and
 * reflection services. Loaded when the first operator connects (listener.ts).
 */
import { fileURLToPath } from 'node:url';
import {
  type Metadata,
  Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { ParleyError, toParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { type AnyMethod, definitionOf, SERVICE_NAME } from './definition.js';
import { type Call, type Handlers, METHODS, type MethodName } from './methods.js';
import { refusalOf } from './refusals.js';
import { mayAct, type Operator } from './roles.js';

const PROTO = fileURLToPath(new URL('../../../proto/admin.proto', import.meta.url));
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Who asks, from the metadata (a token) or the connection (a certificate). Throws `unauthenticated`. */
export type Identify = (metadata: Metadata, certificate: PeerCertificateNames | undefined) => Operator;

export interface PeerCertificateNames {
  readonly commonName: string;
  readonly organizationalUnits: readonly string[];
}

export interface AuditRecord extends Operator {
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
}

export interface ServiceDeps {
  readonly handlers: Handlers;
  readonly identify: Identify;
  /** Writes down what was done or refused. Resolves once it is kept. */
  readonly audit: (record: AuditRecord) => Promise<void>;
  readonly logger: Logger;
}

type AnyCall = ServerUnaryCall<object, object> | ServerWritableStream<object, object>;

export function createAdminServer(deps: ServiceDeps): Server {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_concurrent_streams': 64,
  });
  const methods = Object.entries(METHODS) as unknown as [MethodName, AnyMethod][];
  server.addService(
    definitionOf(methods),
    Object.fromEntries(methods.map(([name, method]) => [name, implementation(deps, name, method)])),
  );
  new HealthImplementation({ '': 'SERVING', [SERVICE_NAME]: 'SERVING' }).addToServer(server);
  new ReflectionService(loadSync(PROTO, { longs: String, enums: String })).addToServer(server);
  return server;
}

function implementation(deps: ServiceDeps, name: MethodName, method: AnyMethod) {
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
  deps: ServiceDeps,
  name: MethodName,
  method: AnyMethod,
  call: AnyCall,
  work: (asked: Call) => Promise<Result>,
): Promise<Result> {
  const operator = deps.identify(call.metadata, namesOf(call));
  const subject = method.subject?.(call.request) ?? '';
  const record = (outcome: string): Promise<void> => deps.audit({ ...operator, action: name, subject, outcome });
  if (!mayAct(operator.role, method.role)) {
    await record('forbidden');
    const sentence = `${name} needs the role ${method.role}; ${operator.name} is ${operator.role}.`;
    throw new ParleyError('forbidden', { sentence });
  }
  const ended = new AbortController();
  call.on('cancelled', () => ended.abort());
  try {
    const result = await work({ operator, signal: ended.signal });
    if (method.subject !== undefined) await record('ok');
    return result;
  } catch (thrown) {
    const error = toParleyError(thrown);
    if (error.kind === 'internal') deps.logger.error({ err: error.cause, method: name }, 'an admin call failed');
    if (method.subject !== undefined) await record(error.kind);
    throw error;
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
    call.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
