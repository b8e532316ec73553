/** The role `admin`: the operators' API, for the whole cluster. */
import { systemClock as clock } from '../../core/clock.js';
import { openAdmin } from '../admin.js';
import type { ClusterMember, Started } from '../cluster-member.js';
import { openDirectory } from './directory.js';

export async function start(member: ClusterMember): Promise<Started> {
  const { options, incarnation, bus, membership, edge, logger, teardown } = member;
  const port = await member.serveOperations(options.host, options.port);
  await member.connectBus();
  const directory = await openDirectory(member);
  await member.join({});
  await member.answerOperators({});
  const { happened } = member;
  const parts = { incarnation, bus, membership, directory, logger, clock, teardown, happened, notices: membership };
  const adminAddress = await openAdmin(options, undefined, { ...parts, board: membership, actors: edge });
  member.ready();
  return { port, adminAddress };
}
