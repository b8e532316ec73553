/** Errors as gRPC says them: its status, our sentence, and our code and name as metadata. */
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { ParleyError } from '../core/errors.js';

const BY_HTTP_STATUS: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  410: status.FAILED_PRECONDITION,
  413: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

export function refusalOf(error: ParleyError): Partial<ServiceError> {
  const metadata = new Metadata();
  metadata.set('parley-code', String(error.code));
  metadata.set('parley-error', error.kind);
  const code = BY_HTTP_STATUS[error.httpStatus] ?? status.INTERNAL;
  return { code, details: error.message, metadata };
}
