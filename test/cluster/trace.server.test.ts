/** One traced message of a client of the SDK, followed through a cluster of real processes by an operator. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { memoryStorage, ParleyClient, webSocketFactory } from '../../client/index.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const PASSWORD = 'correct horse battery';
const WITHIN = { timeout: 60_000, interval: 500 };
const [TRACE, SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

interface Step {
  readonly step: string;
  readonly request: string;
  readonly process: string;
  readonly spanId: string;
  readonly parentId: string;
}

/** `node append`, `gateway request send`. */
const nameOf = ({ process, step, request }: Step): string =>
  `${process.replace(/-\d.*$/, '')} ${step}${request && ` ${request}`}`;

describeWith('a traced message in a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  /** What alice's application hands to the SDK. */
  let span: string | undefined;
  const clients: ParleyClient[] = [];

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { nodes: 2, gateways: 1, admin: true });
  }, 240_000);
  afterAll(async () => {
    for (const client of clients) await client.close();
    await cluster?.remove();
  });

  async function connect(userId: string): Promise<ParleyClient> {
    const client = new ParleyClient({
      ...{ baseUrl: cluster.origin, storage: memoryStorage(), webSocket: webSocketFactory(WebSocket) },
      traceparent: () => span,
    });
    clients.push(client);
    await client.signUp({ userId, password: PASSWORD });
    await client.connect();
    return client;
  }

  it('is told from its application’s span to the store and back, to the other device, and when it is read by HTTP', async () => {
    const [alice] = [await connect('alice'), await connect('bob')];
    span = TRACEPARENT;
    const { messageId } = await alice.send({ to: 'bob', text: 'hush' }).sent();
    span = undefined;
    const headers = { authorization: `Bearer ${alice.session?.accessToken}`, traceparent: TRACEPARENT };
    await fetch(`${cluster.origin}/v1/channels/alice~bob/history`, { headers });
    const steps = async (): Promise<readonly Step[]> => {
      const { code, stdout } = await cluster.operate('trace', messageId, '--json');
      return code === 0 ? (JSON.parse(stdout) as { steps: Step[] }).steps : [];
    };
    const onNodes = ['actor', 'mailbox', 'append', 'queued', 'flush', 'fence', 'inbox'].map((step) => `node ${step}`);
    const elsewhere = ['gateway request send', 'gateway deliver', 'gateway device'];
    const wanted = [...onNodes, ...elsewhere, 'api request GET /channels/:channelId/history'];
    await expect.poll(async () => (await steps()).map(nameOf), WITHIN).toEqual(expect.arrayContaining(wanted));
    const found = await steps();
    const known = new Set(found.map(({ spanId }) => spanId));
    const parents = found.map(({ parentId }) => parentId).filter((parentId) => !known.has(parentId));
    expect(new Set(parents)).toEqual(new Set([SPAN]));
    const shown = async (): Promise<string> => {
      const { code, stdout, stderr } = await cluster.operate('trace', messageId);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain('hush');
      return stdout;
    };
    // The channel hears from bob that it is delivered after his device has ended its step.
    const told = /request send +gateway-1[\s\S]* append +node-\d[\s\S]*\nbob +yes +yes/;
    await expect.poll(shown, WITHIN).toMatch(told);
  });
});
