/** How many deliveries of each line there were, whichever generator a message came from and arrived at. */

import type { Timed } from '../load/generator/orders.js';
import { ANOTHER_MESSAGE, readLedgers } from '../load/record/ledger.js';

/** By line. `timed` is in the order of the generators, which number their messages by turns. */
export function deliveriesOf(ledgers: readonly Buffer[], timed: readonly Timed[]): ReadonlyMap<string, number> {
  const generators = timed.map(({ from, to, lanes, names }) => {
    const laneOf = Buffer.from(lanes, 'base64');
    return { from, to, names, laneOf, senders: new Uint32Array(laneOf.length) };
  });
  const counts = new Map<string, number>();
  readLedgers(ledgers, {
    sent(messageNumber, user) {
      const { senders } = generators[messageNumber % generators.length] ?? {};
      if (senders !== undefined) senders[Math.floor(messageNumber / generators.length)] = user;
    },
    acknowledged: () => undefined,
    delivered(user, messageNumber) {
      const own = generators[messageNumber % generators.length];
      const index = Math.floor(messageNumber / generators.length);
      if (messageNumber >= ANOTHER_MESSAGE || own === undefined || index < own.from || index >= own.to) return;
      if (own.senders[index] === user) return;
      const name = own.names[own.laneOf[index] ?? 0] ?? '';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
  });
  return counts;
}
