/** What `parley` takes as a command of a server; every other word is for operators. Imports nothing: whoever asks loads no server. */

/** One process of a cluster each. */
export const CLUSTER_ROLES = ['gateway', 'node', 'api', 'push', 'admin'] as const;

/** They end by themselves. */
export const ENDING_COMMANDS = ['migrate', 'reindex', 'keys', 'vapid'] as const;
export type EndingCommand = (typeof ENDING_COMMANDS)[number];
