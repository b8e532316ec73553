import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const GZIPPED_BYTES_MAX = 60 * 1024;

it('is at most 60 KiB in the browser, minified and gzipped, with its codec and without a module of Node', async () => {
  const result = await build({
    entryPoints: ['client/index.ts'],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const [bundle] = result.outputFiles;
  expect(result.warnings).toEqual([]);
  expect(bundle?.text).toContain('parley.v1.protobuf');
  expect(gzipSync(bundle?.contents ?? '').byteLength).toBeLessThanOrEqual(GZIPPED_BYTES_MAX);
});
