import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifySchema, FastifySchemaCompiler } from 'fastify';

const COMMON = { allowUnionTypes: true, removeAdditional: false, useDefaults: false } as const;

/** A validator in the form that Fastify calls. */
type Validator = ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };

/**
 * Compiles schemas when the first request needs them, which keeps the start short. A body is taken as it is, nothing
 * in it is coerced or dropped; queries and path parameters are text, from which numbers and booleans are read.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<FastifySchema> {
  const asIs = new Ajv({ ...COMMON, coerceTypes: false });
  const fromText = new Ajv({ ...COMMON, coerceTypes: true });
  return ({ schema, httpPart }) => {
    let compiled: ValidateFunction | undefined;
    const validate: Validator = (data) => {
      compiled ??= (httpPart === 'body' ? asIs : fromText).compile(schema);
      const valid = compiled(data);
      validate.errors = compiled.errors ?? null;
      return valid;
    };
    return validate;
  };
}
