// Containers, or processes of this machine: which of the two `make servers` takes.
import { Complaint } from './run-tool.mjs';

const WITHOUT_COMPOSE =
  'A Docker engine answers, but `docker compose` (the plugin, Compose 2) is missing: processes of this machine instead.';

/**
 * What runs already decides; else `native`; else the machine, which is asked last, since that takes its time.
 * @param {{
 *   native: boolean,
 *   containersRun: boolean,
 *   processesRun: boolean,
 *   hasEngine: () => boolean,
 *   hasCompose: () => boolean,
 * }} machine
 * @returns {{ containers: boolean, why?: string }} `why` is for whoever would have expected the other way
 */
export function chooseWay({ native, containersRun, processesRun, hasEngine, hasCompose }) {
  if (native && containersRun) throw new Complaint('Containers of this work tree run: `make servers-down` first.');
  if (native || processesRun) return { containers: false };
  if (!hasEngine()) {
    if (containersRun)
      throw new Complaint(
        "The Docker engine of this work tree's containers does not answer: `make servers-down` first.",
      );
    return { containers: false };
  }
  return hasCompose() ? { containers: true } : { containers: false, why: WITHOUT_COMPOSE };
}
