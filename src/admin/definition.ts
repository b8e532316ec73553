import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Method } from './methods.js';

export const SERVICE_NAME = 'parley.admin.v1.Admin';

export type AnyMethod = Method<object, object, boolean>;

/** As the server and the command line's client know the service. */
export function definitionOf(methods: readonly (readonly [string, AnyMethod])[]): ServiceDefinition {
  return Object.fromEntries(
    methods.map(([name, { request, answer, streams }]) => [
      name,
      {
        path: `/${SERVICE_NAME}/${name}`,
        requestStream: false,
        responseStream: streams,
        requestSerialize: (message: object) => Buffer.from(request.encode(message).finish()),
        requestDeserialize: (bytes: Buffer): object => request.decode(bytes),
        responseSerialize: (message: object) => Buffer.from(answer.encode(message).finish()),
        responseDeserialize: (bytes: Buffer): object => answer.decode(bytes),
      },
    ]),
  );
}
