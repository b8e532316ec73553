import type { EdgeEnvelope } from '../protocol/bus-messages.js';

/** Has a gateway say where a session stands: a push that follows on nothing, of nobody. */
export const confirmationWanted = (sessionId: string): EdgeEnvelope => ({
  type: 'push',
  sessionId,
  epoch: { term: 0, sub: 0 },
  afterSeq: 2 ** 32 - 1,
  sharedUpTo: 0,
  ownFrom: 0,
  items: [],
  confirmNow: true,
});
