/** What `parley` takes as a command for operators; everything else starts a server. A test compares it with program.ts. */
export const OPERATOR_COMMANDS: readonly string[] = [
  'status',
  'shards',
  'where',
  'actors',
  'sessions',
  'disconnect',
  'token',
];
