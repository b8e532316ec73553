/** The admin API as typed calls that give plain objects: 64-bit integers as numbers, nothing left out. */
import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type Long from 'long';
import { type AnyMethod, definitionOf } from '../src/admin/definition.js';
import { METHODS, type Method, type MethodName } from '../src/admin/methods.js';
import { type Connection, channelOf } from './channel.js';
import { CommandFailure, EXIT } from './exit-codes.js';

type RequestOf<Name extends MethodName> =
  (typeof METHODS)[Name] extends Method<infer Request, infer _, boolean> ? Request : never;
type AnswerOf<Name extends MethodName> =
  (typeof METHODS)[Name] extends Method<infer _, infer Answer, boolean> ? Answer : never;
type StreamingName = {
  [Name in MethodName]: (typeof METHODS)[Name] extends Method<infer _R, infer _A, true> ? Name : never;
}[MethodName];
type UnaryName = Exclude<MethodName, StreamingName>;

/** A message as toObject gives it. Messages within may be null all the same: look before you use one. */
export type Plain<Value> = Value extends Long
  ? number
  : Value extends readonly (infer Item)[]
    ? Plain<Item>[]
    : Value extends object
      ? { [Field in keyof Value]-?: Plain<NonNullable<Value[Field]>> }
      : Value;

export interface Patience {
  /** Until a call has its answer, or the first message of its stream. */
  readonly answerMs: number;
  /** How often a server is asked, while a call is under way, whether it is there, and how long that may take. */
  readonly keepaliveMs: number;
  readonly keepaliveAnswerMs: number;
}

const PATIENCE: Patience = { answerMs: 30_000, keepaliveMs: 10_000, keepaliveAnswerMs: 10_000 };
const OTHER_ADDRESS = '. Another is named by --address, or by --data, its folder.';
const NO_TOKEN = " None was found: --data names the server's folder, in which one lies, --token-file a file of tokens.";
const PLAIN = { longs: Number, enums: String, defaults: true };
const definition = definitionOf(Object.entries(METHODS) as unknown as [string, AnyMethod][]);

export class AdminClient {
  private readonly client: Client;
  private readonly metadata = new Metadata();
  private readonly address: string;
  private readonly showsWho: boolean;
  private readonly patience: Patience;

  constructor(connection: Connection, patience: Patience = PATIENCE) {
    this.address = connection.address;
    this.showsWho = connection.token !== undefined || connection.cert !== undefined;
    this.patience = patience;
    const { credentials, options } = channelOf(connection);
    this.client = new Client(connection.address, credentials, {
      ...options,
      // gRPC would go by the environment's, also to this machine itself, and show it a token that is sent in clear.
      'grpc.enable_http_proxy': 0,
      'grpc.keepalive_time_ms': patience.keepaliveMs,
      'grpc.keepalive_timeout_ms': patience.keepaliveAnswerMs,
    });
    if (connection.token !== undefined) this.metadata.set('authorization', `Bearer ${connection.token}`);
  }

  /** Rejects with CommandFailure. */
  ask<Name extends UnaryName>(name: Name, request: RequestOf<Name>): Promise<Plain<AnswerOf<Name>>> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    const deadline = Date.now() + this.patience.answerMs;
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest<object, object>(
        path,
        requestSerialize,
        responseDeserialize,
        request as object,
        this.metadata,
        { deadline },
        (error, answer) => {
          if (error) reject(this.failureOf(error));
          else resolve(plain(name, answer ?? {}));
        },
      );
    });
  }

  /**
   * Ends with CommandFailure when the server refuses, has said nothing at all in time, or is gone; by itself when `ended` says
   * so and the server has been there.
   */
  async *stream<Name extends StreamingName>(
    name: Name,
    request: RequestOf<Name>,
    ended?: AbortSignal,
  ): AsyncGenerator<Plain<AnswerOf<Name>>, void> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    const call = this.client.makeServerStreamRequest<object, object>(
      path,
      requestSerialize,
      responseDeserialize,
      request as object,
      this.metadata,
    );
    const cancel = (): void => call.cancel();
    let silent: NodeJS.Timeout | undefined = setTimeout(cancel, this.patience.answerMs);
    ended?.addEventListener('abort', cancel);
    try {
      for await (const answer of call) {
        clearTimeout(silent);
        silent = undefined;
        yield plain(name, answer as object);
      }
    } catch (error) {
      const { code } = error as ServiceError;
      if (silent !== undefined && code === status.CANCELLED) throw this.unreachable('it said nothing');
      if (ended?.aborted !== true) throw this.failureOf(error as ServiceError);
    } finally {
      clearTimeout(silent);
      ended?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    this.client.close();
  }

  private failureOf({ code, details, metadata }: ServiceError): CommandFailure {
    const [number] = metadata?.get('parley-code') ?? [];
    const [name] = metadata?.get('parley-error') ?? [];
    if (number === undefined && (code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED))
      return this.unreachable(inWords(details));
    if (number === undefined && code === status.CANCELLED)
      return this.unreachable('it ended the call, as one that stops does');
    const sentence = number === undefined ? details : `${details} (${String(name)}, ${String(number)})`;
    if (code === status.UNAUTHENTICATED && !this.showsWho)
      return new CommandFailure(EXIT.forbidden, sentence + NO_TOKEN);
    if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED)
      return new CommandFailure(EXIT.forbidden, sentence);
    return new CommandFailure(code === status.NOT_FOUND ? EXIT.notFound : EXIT.failed, sentence);
  }

  private unreachable(why: string): CommandFailure {
    return new CommandFailure(EXIT.unreachable, `Nobody answers at ${this.address}: ${why}`);
  }
}

/** What gRPC says of a connection, without the words around it that are of its own workings. */
function inWords(details: string): string {
  const [, why] =
    /^No connection established\. Last error: (?:Error: )?(.*?)\.? Resolution note: /s.exec(details) ?? [];
  if (why === undefined) return details;
  return (why.includes('ECONNREFUSED') ? 'no server listens there' : why) + OTHER_ADDRESS;
}

function methodOf(name: string) {
  const method = definition[name];
  if (method === undefined) throw new Error(`there is no method ${name}`);
  return method;
}

function plain<Name extends MethodName>(name: Name, answer: object): Plain<AnswerOf<Name>> {
  const { answer: codec } = METHODS[name] as unknown as AnyMethod;
  return codec.toObject(answer, PLAIN) as Plain<AnswerOf<Name>>;
}
