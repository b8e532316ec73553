import { type DeskDeps, OperationsDesk } from '../cluster/operations/desk.js';
import type { Teardown } from './teardown.js';

/** Has this process answer operators, whoever they ask. */
export async function answerOperators(parts: DeskDeps & { readonly teardown: Teardown }): Promise<void> {
  const desk = new OperationsDesk(parts);
  await desk.start();
  parts.teardown.add('operations desk', async () => desk.stop());
}
