import type { ActorClient } from '../cluster/actor-client.js';
import type { OperationsAsker } from '../cluster/operations/asker.js';
import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { Membership, PlacementBoard } from '../core/membership.js';
import type { Directory } from '../directory/directory.js';

/** What the admin service needs from the process it runs in. */
export interface AdminDeps {
  /** Reaches every process: see process-operations.ts. */
  readonly asker: OperationsAsker;
  readonly membership: Membership;
  /** Undefined in the embedded form: there is nothing to place. */
  readonly board: PlacementBoard | undefined;
  readonly directory: Directory;
  readonly actors: ActorClient;
  readonly clock: Clock;
  readonly logger: Logger;
}
