import type { ActorClient } from '../cluster/actor-client.js';
import type { OperationsAsker } from '../cluster/operations/asker.js';
import type { Bus } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import type { TellHappening } from '../core/happenings.js';
import type { Logger } from '../core/logger.js';
import type { Membership, PlacementBoard } from '../core/membership.js';
import type { NoticeBoard } from '../core/notice.js';
import type { Directory } from '../directory/directory.js';
import type { BusEnvelope } from '../protocol/bus-messages.js';

/** What the admin service needs from the process it runs in. */
export interface AdminDeps {
  /** Reaches every process: see process-operations.ts. */
  readonly asker: OperationsAsker;
  readonly bus: Bus<BusEnvelope>;
  readonly notices: NoticeBoard;
  /** Tells those who read along. */
  readonly happened: TellHappening;
  readonly membership: Membership;
  /** Undefined in the embedded form: there is nothing to place. */
  readonly board: PlacementBoard | undefined;
  readonly directory: Directory;
  readonly actors: ActorClient;
  readonly clock: Clock;
  readonly logger: Logger;
}
