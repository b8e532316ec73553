import { expect, it } from 'vitest';
import { CONSUL_HINT, ConsulServer, findConsul } from './consul-server.js';
import { describeWith } from './requirement.js';

const key = (address: string) => `http://${address}/v1/kv/greeting`;

async function put(address: string, value: string): Promise<boolean> {
  const answer = await fetch(key(address), { method: 'PUT', body: value, signal: AbortSignal.timeout(5_000) });
  return answer.ok && (await answer.text()) === 'true';
}

async function get(address: string): Promise<string> {
  const answer = await fetch(`${key(address)}?raw`, { signal: AbortSignal.timeout(1_000) });
  return answer.ok ? answer.text() : `status ${answer.status}`;
}

describeWith('real Consul', findConsul(), CONSUL_HINT, (program) => {
  it('dies and comes back with what it knew, and says nothing while it is paused', async () => {
    const server = await ConsulServer.start(program);
    try {
      expect(await put(server.address, 'hello')).toBe(true);
      await server.kill();
      await expect(get(server.address)).rejects.toThrow();
      await server.start();
      expect(await get(server.address)).toBe('hello');
      server.pause();
      // A signal takes a moment: an answer that was on its way may still come.
      const answers = (): Promise<boolean> =>
        get(server.address)
          .then(() => true)
          .catch(() => false);
      await expect.poll(answers, { timeout: 20_000 }).toBe(false);
      server.resume();
      expect(await get(server.address)).toBe('hello');
    } finally {
      await server.remove();
    }
  });

  it('runs as three servers, of which any one may die', async () => {
    const server = await ConsulServer.start(program, 3);
    try {
      expect(await put(server.address, 'hello')).toBe(true);
      for (const [i, node] of server.nodes.entries()) {
        const other = server.addresses[(i + 1) % server.nodes.length] ?? '';
        await node.kill();
        await expect.poll(() => put(other, `without ${i}`).catch(String), { timeout: 20_000 }).toBe(true);
        await node.start();
        expect(await get(node.address)).toBe(`without ${i}`);
      }
    } finally {
      await server.remove();
    }
  });
});
