import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import type { FastifySchema, FastifySchemaCompiler } from 'fastify';

const require = createRequire(import.meta.url);

function newAjv(coerceTypes: boolean): Ajv {
  const { Ajv }: typeof import('ajv') = require('ajv');
  return new Ajv({
    allowUnionTypes: true,
    removeAdditional: false,
    useDefaults: false,
    coerceTypes,
    discriminator: true,
  });
}

function whenNeeded<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

/** A validator in the form that Fastify calls. */
type Validator = ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };

/**
 * Loads Ajv and compiles schemas when the first request needs them, which keeps the start short. A body is taken as it is, nothing
 * in it is coerced or dropped; queries and path parameters are text, from which numbers and booleans are read.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<FastifySchema> {
  const asIs = whenNeeded(() => newAjv(false));
  const fromText = whenNeeded(() => newAjv(true));
  return ({ schema, httpPart }) => {
    let compiled: ValidateFunction | undefined;
    const validate: Validator = (data) => {
      compiled ??= (httpPart === 'body' ? asIs() : fromText()).compile(schema);
      const valid = compiled(data);
      validate.errors = compiled.errors ?? null;
      return valid;
    };
    return validate;
  };
}
