import type { LoadReport, VariantResult } from './result.js';

const NEEDED = [
  'lines',
  'verdict',
  'connecting',
  'connectFailures',
  'closes',
] as const satisfies (keyof VariantResult)[];

/** Throws a sentence when the text is no result of this load. */
export function readReport(text: string, file: string): LoadReport {
  let report: Partial<LoadReport> | undefined;
  try {
    report = JSON.parse(text) ?? undefined;
  } catch (cause) {
    throw new Error(`${file} is no JSON`, { cause });
  }
  const { format, variants } = report ?? {};
  const isWhole = (variant: VariantResult): boolean => NEEDED.every((key) => variant?.[key] !== undefined);
  if (format !== 1 || !Array.isArray(variants) || !variants.every(isWhole))
    throw new Error(`${file} is no result of make load, or one of another version`);
  return report as LoadReport;
}
