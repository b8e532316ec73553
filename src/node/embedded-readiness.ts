import type { Readiness } from '../api/readiness.js';
import type { Teardown } from './teardown.js';

/** What the embedded form says of itself on both its ports, from its first moment to its last. */
export class EmbeddedReadiness implements Readiness {
  private readonly teardown: Pick<Teardown, 'started'>;
  /** Whether the start is over. */
  serving = false;
  pushNotReady: () => string | undefined = () => undefined;

  constructor(teardown: Pick<Teardown, 'started'>) {
    this.teardown = teardown;
  }

  notReady = (): string | undefined => {
    if (this.teardown.started) return 'draining';
    return this.serving ? undefined : 'waits for the start';
  };
}
