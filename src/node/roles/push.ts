/** The role `push`: sends what user actors decide. */
import { systemClock as clock } from '../../core/clock.js';
import { systemRandom as random } from '../../core/random.js';
import { pushSubject } from '../../protocol/bus-subjects.js';
import type { ClusterMember, Started } from '../cluster-member.js';
import { readPush, sendersOf, startPush } from '../push.js';
import { pushSubjectOf } from '../push-subject.js';
import { openDirectory } from './directory.js';

export async function start(member: ClusterMember): Promise<Started> {
  const { options, logger, metrics, incarnation, bus, edge, silence, teardown, membership } = member;
  const configured = readPush(options);
  const port = await member.serveOperations(options.host, options.port);
  await member.connectBus();
  const { pushEndpoints } = await openDirectory(member);
  const senders = await sendersOf(configured, { clock });
  const subjectOf = pushSubjectOf(membership);
  const own = pushSubject(incarnation);
  const push = await startPush(senders, {
    serves: (userId) => (subjectOf(userId) ?? own) === own,
    ...{ incarnation, bus, actors: edge, pushEndpoints, clock, random, logger, metrics },
  });
  teardown.add('push', push.stop);
  await member.join({});
  teardown.add('drain', async () => member.beginDrain());
  member.ownReason = push.notReady;
  await member.answerOperators({});
  // What user actors send does not arrive: another takes it.
  member.ready(() => (silence.isToBeTold ? { draining: true } : {}));
  return { port };
}
