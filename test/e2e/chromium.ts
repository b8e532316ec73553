/** A real Chromium from the machine, for the browser tests. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** A second list replaces Playwright's own, so what counts of that comes first; then what no test sees, but each window loads. */
const FEATURES_OFF = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'MediaRouter'],
  ...['NetworkTimeServiceQuerying', 'OptimizationHints', 'PaintHolding', 'PreconnectToSearch'],
  ...['HttpsFirstBalancedModeAutoEnable', 'ThirdPartyStoragePartitioning', 'AimEnabled', 'LensOverlay'],
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'],
];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${FEATURES_OFF.join()}`,
];

/** $CHROMIUM, or the first known name on the PATH; undefined: there is none. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  if (environment.CHROMIUM) return environment.CHROMIUM;
  const folders = (environment.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** With a profile folder of its own, which goes when it is closed. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/**
 * Whether the browser tests can run. Where they cannot, says so loudly, and with CI=true throws: a test run that
 * leaves them out must not look green.
 */
export function chromiumOrSkip(): string | undefined {
  const found = findChromium();
  if (found !== undefined) return found;
  const sentence = 'SKIPPED: the browser tests, because there is no Chromium here (install it, or set CHROMIUM).';
  if (process.env.CI === 'true') throw new Error(sentence);
  process.stderr.write(`\n${'!'.repeat(100)}\n${sentence}\n${'!'.repeat(100)}\n\n`);
  return undefined;
}
