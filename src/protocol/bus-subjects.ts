/** Where on the bus what is said. */
import type { ChannelId } from '../core/ids.js';

/** What every process of the cluster hears. */
export const CLUSTER_SUBJECT = 'cluster';
/** What operators ask every process. */
export const OPERATIONS_SUBJECT = 'operations';
/** What operators hear of. */
export const EVENTS_SUBJECT = 'operations-events';

export const fanoutSubject = (channelId: ChannelId): string => `fanout.${channelId}`;
/** What one process of the push role is told. */
export const pushSubject = (incarnation: string): string => `push.${incarnation}`;
export const processSubject = (incarnation: string): string => `process.${incarnation}`;
export const operationsSubject = (incarnation: string): string => `operations.${incarnation}`;
export const operationsReplySubject = (name: string): string => `operations-reply.${name}`;
