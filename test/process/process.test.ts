import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParleyProcess, temporaryFolder } from './parley.js';

let folder: ReturnType<typeof temporaryFolder>;
const started: ParleyProcess[] = [];

async function start(...args: string[]): Promise<ParleyProcess> {
  const parley = await ParleyProcess.start('--port', '0', '--data', join(folder.path, 'data'), ...args);
  started.push(parley);
  return parley;
}

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const parley of started.splice(0)) await parley.signal('SIGKILL');
  folder.remove();
});

describe('the process', () => {
  it('serves the page, the API and its description on one origin, and ends with 0 when asked', async () => {
    const parley = await start();
    const page = await fetch(parley.origin);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('<title>Parley');
    expect((await fetch(`${parley.origin}/v1/ready`)).status).toBe(200);
    expect(await (await fetch(`${parley.origin}/v1/openapi.json`)).json()).toHaveProperty('openapi');
    expect(await parley.signal('SIGINT')).toMatchObject({ code: 0 });
  });

  it('starts again on its folder, and keeps the accounts in it', async () => {
    const account = { userId: 'alice', password: 'correct horse battery' };
    const post = (origin: string, path: string) =>
      fetch(`${origin}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(account),
      });
    const first = await start();
    expect((await post(first.origin, '/v1/accounts')).status).toBeLessThan(300);
    await first.signal('SIGKILL');
    const second = await start();
    expect((await post(second.origin, '/v1/sessions')).status).toBeLessThan(300);
  });

  it('says in one sentence that the port is taken, and leaves the folder free', async () => {
    const first = await start();
    const other = join(folder.path, 'other');
    const second = await ParleyProcess.run('--port', `${first.port}`, '--data', other);
    expect(second.code).toBe(1);
    expect(second.output).toMatch(new RegExp(`^parley: .*${first.port}.*\\.\\n$`));
    const third = await ParleyProcess.start('--port', '0', '--data', other);
    expect((await third.signal('SIGTERM')).code).toBe(0);
  });

  it('refuses a folder that another process uses', async () => {
    await start();
    const second = await ParleyProcess.run('--port', '0', '--data', join(folder.path, 'data'));
    expect(second).toMatchObject({ code: 1, output: expect.stringMatching(/^parley: Another process uses .*\n$/) });
  });

  it('refuses a folder of a newer version, and one with other things in it', async () => {
    const newer = join(folder.path, 'newer');
    mkdirSync(newer);
    writeFileSync(join(newer, 'parley.json'), JSON.stringify({ version: 999, createdAt: 1 }));
    const foreign = join(folder.path, 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'diary.txt'), 'dear diary');
    for (const path of [newer, foreign]) {
      const refused = await ParleyProcess.run('--port', '0', '--data', path);
      expect(refused.code).toBe(1);
      expect(refused.output.trim().split('\n')).toHaveLength(1);
    }
  });

  it('names an option that is wrong or unknown', async () => {
    for (const [flag, value] of [
      ['--port', 'many'],
      ['--log-level', 'loud'],
      ['--colour', 'red'],
    ] as const) {
      const refused = await ParleyProcess.run(flag, value);
      expect(refused.code).toBe(2);
      expect(refused.output).toContain(flag.slice(2));
    }
  });
});
