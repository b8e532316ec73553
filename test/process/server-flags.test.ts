import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SERVER_FLAGS } from '../../scripts/server-flags.mjs';

it.each(['Makefile', 'cli/parley.ts'])('%s starts a server with the flags that benches measure', (file) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(text).toContain(`node ${SERVER_FLAGS.join(' ')}`);
});
