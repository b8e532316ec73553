/** What `parley` takes as a command for operators; everything else starts a server. A test compares it with program.ts. */
export const OPERATOR_COMMANDS: readonly string[] = [
  ...['status', 'top', 'shards', 'where', 'actors', 'sessions', 'disconnect'],
  ...['cordon', 'uncordon', 'drain', 'weight', 'move'],
  ...['users', 'channels', 'messages', 'trace', 'verify', 'events', 'notice', 'audit', 'token', 'completion'],
];
