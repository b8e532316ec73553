import { systemClock as clock } from '../../core/clock.js';
import { openPostgresDirectory } from '../../directory/postgres/postgres-directory.js';
import type { ClusterMember } from '../cluster-member.js';

export async function openDirectory(member: ClusterMember): ReturnType<typeof openPostgresDirectory> {
  const { options, logger, metrics, teardown } = member;
  const directory = await member.open('PostgreSQL', () =>
    openPostgresDirectory({ url: options.postgres, logger, clock, metrics }),
  );
  teardown.add('directory', () => directory.close());
  return directory;
}
