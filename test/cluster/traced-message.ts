/** One traced message of a client of the SDK, followed through a cluster of real processes by an operator. */
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { memoryStorage, ParleyClient, webSocketFactory } from '../../client/index.js';
import type { RealCluster } from './real-cluster.js';

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

const STEPS = [
  ...['actor', 'mailbox', 'append', 'queued', 'flush', 'fence', 'inbox'].map((step) => `node ${step}`),
  ...['gateway request send', 'gateway deliver', 'gateway device'],
  'api request GET /channels/:channelId/history',
];

/** From its application’s span to the store and back, to the other device, and when it is read by HTTP. */
export async function isFollowed(cluster: RealCluster): Promise<void> {
  /** What the sender's application hands to the SDK. */
  let span: string | undefined;
  const connect = async (userId: string): Promise<ParleyClient> => {
    const client = new ParleyClient({
      ...{ baseUrl: cluster.origin, storage: memoryStorage(), webSocket: webSocketFactory(WebSocket) },
      traceparent: () => span,
    });
    await client.signUp({ userId, password: PASSWORD });
    await client.connect();
    return client;
  };
  const [alice, basil] = [await connect('alice'), await connect('basil')];
  try {
    span = TRACEPARENT;
    const { messageId } = await alice.send({ to: 'basil', text: 'hush' }).sent();
    span = undefined;
    const headers = { authorization: `Bearer ${alice.session?.accessToken}`, traceparent: TRACEPARENT };
    await fetch(`${cluster.origin}/v1/channels/alice~basil/history`, { headers });
    await isToldInSteps(cluster, messageId);
    await isShown(cluster, messageId);
  } finally {
    await Promise.all([alice.close(), basil.close()]);
  }
}

async function isToldInSteps(cluster: RealCluster, messageId: string): Promise<void> {
  const steps = async (): Promise<readonly Step[]> => {
    const { code, stdout } = await cluster.operate('trace', messageId, '--json');
    return code === 0 ? (JSON.parse(stdout) as { steps: Step[] }).steps : [];
  };
  await expect.poll(async () => (await steps()).map(nameOf), WITHIN).toEqual(expect.arrayContaining(STEPS));
  const found = await steps();
  const known = new Set(found.map(({ spanId }) => spanId));
  const parents = found.map(({ parentId }) => parentId).filter((parentId) => !known.has(parentId));
  expect(new Set(parents)).toEqual(new Set([SPAN]));
}

async function isShown(cluster: RealCluster, messageId: string): Promise<void> {
  const shown = async (): Promise<string> => {
    const { code, stdout, stderr } = await cluster.operate('trace', messageId);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('hush');
    return stdout;
  };
  // The channel hears from basil that it is delivered after his device has ended its step.
  const told = /request send +gateway-\d[\s\S]* append +node-\d[\s\S]*\nbasil +yes +yes/;
  await expect.poll(shown, WITHIN).toMatch(told);
}
