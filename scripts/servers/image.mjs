// Programs out of official images, where a Docker engine answers: minutes less than building them, and the same programs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, findInPath } from './cache.mjs';
import { Complaint, runTool } from './run-tool.mjs';

const ENGINE_MS = 10_000;

/** Whether a Docker engine answers: the client alone is on many machines without one. */
export function hasEngine() {
  if (findInPath('docker') === undefined) return false;
  const info = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { stdio: 'ignore', timeout: ENGINE_MS });
  return info.status === 0;
}

/**
 * Copies files and folders of an image that runs on this machine as they are: `[[inside, outside], …]`. False where there
 * is no engine, where programs of images do not run (all but Linux), or where the image cannot be had.
 * @param {string} image
 * @param {readonly (readonly [string, string])[]} copies
 * @returns {Promise<boolean>}
 */
export async function copyFromImage(image, copies) {
  if (process.platform !== 'linux' || !hasEngine()) return false;
  const logFile = join(cacheFolder(), 'log', 'images.log');
  mkdirSync(dirname(logFile), { recursive: true });
  const docker = (...args) => runTool('docker', args, { logFile, hint: '' });
  const container = `parley-copy-${process.pid}`;
  try {
    await docker('create', '--name', container, image, 'none');
    try {
      for (const [inside, outside] of copies) await docker('cp', '--follow-link', `${container}:${inside}`, outside);
    } finally {
      await docker('rm', '--force', '--volumes', container);
    }
    return true;
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    for (const [, outside] of copies) rmSync(outside, { recursive: true, force: true });
    console.log(`${image}: not copied from (${error.message.split('\n')[0]}); building it instead`);
    return false;
  }
}
