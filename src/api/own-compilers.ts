/** `schemaController` of a server that sets both of its compilers itself: Fastify does not load its own then, and Ajv's. */
export const OWN_COMPILERS = { compilersFactory: { buildValidator: unset, buildSerializer: unset } };

function unset(): never {
  throw new Error('a server with compilers of its own has not set them');
}
