import type { UserId } from '../core/ids.js';
import type { v1 } from './wire.js';

/** Everybody whom one `joined` made a member. */
export const joinedUsers = ({ userId, others }: v1.IMemberJoined): readonly UserId[] => [
  userId ?? '',
  ...(others ?? []),
];
