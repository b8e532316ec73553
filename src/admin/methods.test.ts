import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import { type AnyMethod, definitionOf, SERVICE_NAME } from './definition.js';
import { METHODS } from './methods.js';

describe('the table of methods', () => {
  it('is what proto/admin.proto says, method by method', () => {
    const service = loadSync('proto/admin.proto')[SERVICE_NAME] as Record<
      string,
      { path: string; responseStream: boolean }
    >;
    const ours = definitionOf(Object.entries(METHODS) as unknown as [string, AnyMethod][]);
    const shape = (methods: Record<string, { path: string; responseStream: boolean }>) =>
      Object.fromEntries(
        Object.entries(methods).map(([name, { path, responseStream }]) => [name, { path, responseStream }]),
      );
    expect(shape(ours)).toEqual(shape(service));
  });
});
