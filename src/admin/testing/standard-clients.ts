/** Clients of the standard gRPC services, as tools have them that know nothing of Parley. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';

const REFLECTION = join(
  createRequire(import.meta.url).resolve('@grpc/reflection/package.json'),
  '../build/proto/grpc/reflection/v1/reflection.proto',
);

export interface TlsServer {
  readonly address: string;
  /** The authority of its certificate, PEM. */
  readonly ca: Buffer;
}

type Check = (
  request: object,
  metadata: Metadata,
  done: (error: { code: number } | null, answer: { status: string }) => void,
) => void;

function clientOf({ address, ca }: TlsServer, file: string, service: string): Client {
  let found: unknown = loadPackageDefinition(loadSync(file, { keepCase: true, enums: String }));
  for (const part of service.split('.')) found = (found as Record<string, unknown>)[part];
  const Made = found as new (...args: ConstructorParameters<typeof Client>) => Client;
  return new Made(address, credentials.createSsl(ca));
}

/** What grpc.health.v1 says of a service, such as `SERVING`; or the name of the status that it refuses with. */
export async function healthOf(server: TlsServer, service: string): Promise<string | undefined> {
  const client = clientOf(server, protoPath, 'grpc.health.v1.Health');
  const check = (client as unknown as { Check: Check }).Check.bind(client);
  try {
    return await new Promise((resolve) =>
      check({ service }, new Metadata(), (error, answer) => resolve(error ? status[error.code] : answer.status)),
    );
  } finally {
    client.close();
  }
}

/** The names of its services, by grpc.reflection.v1. */
export async function servicesOf(server: TlsServer): Promise<string[]> {
  const client = clientOf(server, REFLECTION, 'grpc.reflection.v1.ServerReflection');
  const call = (client as unknown as { ServerReflectionInfo: () => NodeJS.ReadWriteStream }).ServerReflectionInfo();
  try {
    const answered = new Promise<{ list_services_response: { service: { name: string }[] } }>((resolve, reject) => {
      call.on('data', resolve);
      call.on('error', reject);
    });
    call.write({ list_services: '*' } as never);
    return (await answered).list_services_response.service.map(({ name }) => name);
  } finally {
    call.end();
    client.close();
  }
}
