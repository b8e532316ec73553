// Packages of the distribution, where we may install them.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, findInPath } from './cache.mjs';
import { Complaint, runTool } from './run-tool.mjs';

/** The words before `apt-get` that make it root's; undefined where we are not allowed to. */
async function rootPrefix(logFile) {
  if (findInPath('apt-get') === undefined) return undefined;
  if (process.getuid?.() === 0) return [];
  try {
    await runTool('sudo', ['-n', 'true'], { logFile, hint: '' });
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}

/**
 * Installs one package; `complaint` is what to say where that is not allowed or fails. `before` runs first.
 * @param {string} name
 * @param {string} complaint
 */
export async function installPackage(name, complaint, before = () => {}) {
  const logFile = join(cacheFolder(), 'log', `apt-${name}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const prefix = await rootPrefix(logFile);
  if (prefix === undefined) throw new Complaint(complaint);
  before();
  const aptGet = (...args) => {
    const [program, ...rest] = [...prefix, 'apt-get', '-y', '-q', '-o', 'DPkg::Lock::Timeout=300', ...args];
    return runTool(program, rest, { logFile, hint: '', env: { DEBIAN_FRONTEND: 'noninteractive' } });
  };
  const install = () => aptGet('install', '--no-install-recommends', name);
  console.log(`installing the distribution's ${name}`);
  try {
    await install().catch(async () => {
      await aptGet('update');
      await install();
    });
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new Complaint(`${complaint} Installing it failed: ${error.message}`);
  }
}
