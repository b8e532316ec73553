/** gRPC's own services beside ours, health and reflection: they answer whoever connects, and tell nothing of users. */
import { fileURLToPath } from 'node:url';
import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { SERVICE_NAME } from './definition.js';

/** As seen from the built file. */
const PROTO = fileURLToPath(new URL('../../../proto/admin.proto', import.meta.url));

export function addStandardServices(server: Server): void {
  new HealthImplementation({ '': 'SERVING', [SERVICE_NAME]: 'SERVING' }).addToServer(server);
  new ReflectionService(loadSync(PROTO, { longs: String, enums: String })).addToServer(server);
}
