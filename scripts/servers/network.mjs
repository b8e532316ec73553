// What makes hosts of a test's own on one machine: network namespaces, and nftables between them.
import { findProgram } from './cache.mjs';
import { installPackage } from './debian.mjs';
import { Complaint } from './run-tool.mjs';

const FOLDERS = ['/usr/sbin', '/sbin'];
const PROXIES = 'Processes are cut off by proxies instead, and nodes of Cassandra not at all.';

/** Programs by the distribution's package that has them. */
const PACKAGES = { nftables: 'nft', iproute2: 'ip', 'util-linux': 'unshare' };

/** @param {string} program */
const find = (program) => findProgram(program, `PARLEY_${program.toUpperCase()}`, FOLDERS);

/** @typedef {{ ip: string, nft: string, unshare: string }} NetworkPrograms */

/**
 * The programs, or one sentence that says what is missing.
 * @returns {NetworkPrograms | string}
 */
export function findNetworkPrograms() {
  if (process.platform !== 'linux') return `they are Linux’s. ${PROXIES}`;
  if (process.getuid?.() !== 0) return `only root may make them. ${PROXIES}`;
  const [ip, nft, unshare] = [find('ip'), find('nft'), find('unshare')];
  if (ip !== undefined && nft !== undefined && unshare !== undefined) return { ip, nft, unshare };
  return `Debian’s packages ${Object.keys(PACKAGES).join(', ')} are not all here. ${PROXIES}`;
}

/** Installs what is missing, where namespaces are allowed; where not, or where that fails, says so and goes on: proxies do it, too. */
export async function provideNetwork() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    console.log(`network: ${findNetworkPrograms()}`);
    return;
  }
  for (const [name, program] of Object.entries(PACKAGES)) {
    if (find(program) !== undefined) continue;
    try {
      await installPackage(name, `network: ${name} is not on this machine. ${PROXIES}`);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      console.error(`!! ${error.message}`);
    }
  }
}
