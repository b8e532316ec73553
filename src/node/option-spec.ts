/** What options are read for, and what one row of their table says. */
import { CLUSTER_ROLES } from './server-commands.js';

/** What a process does: `all` is the embedded form; the others make a cluster. */
export const ROLES = ['all', ...CLUSTER_ROLES] as const;
export type Role = (typeof ROLES)[number];
/** What options are read for: a role, or a command that ends by itself. */
export type Purpose = Role | 'migrate' | 'reindex';

export interface OptionSpec {
  readonly type: 'text' | 'number' | 'list' | 'flag';
  readonly default: string | number | boolean | readonly string[];
  readonly description: string;
  /** Of roles where it is something else. */
  readonly descriptionOf?: Partial<Readonly<Record<Purpose, string>>>;
  /** Who knows it; every role where not said. */
  readonly roles?: readonly Purpose[];
  readonly check?: (value: never) => boolean;
}
