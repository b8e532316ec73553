// Builds a program out of Go modules, at the versions and sums of a committed go.mod and go.sum.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { Complaint, runTool } from './run-tool.mjs';

/** As the modules ask for; an older Go says so by itself, in its log. */
const HINT = 'Install Go 1.26 or newer, or a Docker engine.';

/** @param {{ title: string, module: string, package: string, output: string }} options */
export async function goBuild({ title, module, package: name, output }) {
  const logFile = join(cacheFolder(), 'log', `go-build-${title.toLowerCase()}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', output, name];
  const env = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' };
  try {
    await runTool('go', args, { logFile, hint: HINT, cwd: module, env });
  } catch (error) {
    throw error instanceof Complaint ? new Complaint(`${title}: ${error.message}`) : error;
  }
}
