/** Which users of a variant talk in which way. */

import type { UserRange } from '../generator/orders.js';
import { TRANSPORTS, type TransportName } from '../transport/connection.js';
import type { Settings } from './scenario.js';

export interface Talkers extends UserRange {
  readonly transport: TransportName;
}

/** In the order of the users, each of them once. */
export function talkersOf({ users, transport, others = {}, talk }: Settings): Talkers[] {
  const flapping = Math.max(0, ...talk.map((line) => (line.kind === 'flap' ? line.users : 0)));
  const different = TRANSPORTS.reduce((sum, name) => sum + (others[name] ?? 0), 0);
  let first = users - flapping - different;
  const talkers: Talkers[] = [{ transport, first: 0, end: first }];
  for (const name of TRANSPORTS) {
    const end = first + (others[name] ?? 0);
    talkers.push({ transport: name, first, end });
    first = end;
  }
  talkers.push({ transport, first, end: users });
  return talkers.filter((one) => one.end > one.first || one.first < 0);
}
