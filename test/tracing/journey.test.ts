import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeSocket } from '../../src/gateway/testing/fake-socket.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import { TracedCluster } from './traced-cluster.js';

const CLIENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const ASKED = `00-${CLIENT.traceId}-${CLIENT.spanId}-01`;

let cluster: TracedCluster;
let alice: FakeSocket;
let bob: FakeSocket;

/** Sends, has everything settle, and gives the message's id. */
async function send(traceparent: string, clientMessageId = 'm1'): Promise<string> {
  alice.send({ requestId: 7, traceparent, send: { userId: 'bob', clientMessageId, message: { text: 'hush' } } });
  await cluster.clock.advance(500);
  const ack = alice.read().find((frame) => frame.requestId === 7)?.sendAck;
  return ack?.messageId?.toString() ?? '';
}

/** Bob's device processes all that it was given. */
async function acknowledge(): Promise<void> {
  const cursor = bob
    .read()
    .flatMap((frame) => frame.deliveries?.items ?? [])
    .at(-1)?.cursor;
  bob.send({ acknowledge: { cursor: cursor ?? {} } });
  await cluster.clock.advance(2_000);
}

/** Each step with those it hangs under, from the client's own span on. */
function ways({ steps }: admin.IJourney): string[] {
  const byId = new Map((steps ?? []).map((step) => [step.spanId, step]));
  const wayOf = (step: admin.IStep): string => {
    const parent = byId.get(step.parentId ?? '');
    const before = parent === undefined ? `(${step.parentId})` : wayOf(parent);
    const who = step.step === 'inbox' ? ` ${step.who}` : '';
    return `${before} ${step.step}${who}`;
  };
  return (steps ?? []).map(wayOf);
}

async function begin(rate: number): Promise<void> {
  cluster = await new TracedCluster(rate, 'alice', 'bob').start();
  alice = await cluster.connect('gateway1', 'alice.phone');
  bob = await cluster.connect('gateway2', 'bob.laptop');
}

describe('the journey of a message that its client has traced', () => {
  beforeEach(() => begin(0));

  it('leads from the client’s span to the store and back, and on to the other device, without a gap', async () => {
    const messageId = await send(ASKED);
    await acknowledge();
    const found = await cluster.journey(messageId);
    const actor = `(${CLIENT.spanId}) request actor`;
    const toBob = `${actor} append inbox bob`;
    expect(ways(found)).toEqual(
      expect.arrayContaining([
        `(${CLIENT.spanId}) request`,
        ...[actor, `${actor} mailbox`, `${actor} append`],
        ...[`${actor} append queued`, `${actor} append flush`, `${actor} append fence`],
        ...[`${actor} append inbox alice`, toBob, `${toBob} mailbox`],
        ...[`${toBob} queued`, `${toBob} flush`, `${toBob} fence`],
        ...[`${toBob} deliver`, `${toBob} deliver device`],
      ]),
    );
    expect(found).toMatchObject({ traced: true, traceIds: [CLIENT.traceId], silent: [] });
    const at = (step: string, who?: string) =>
      found.steps?.find((one) => one.step === step && (who === undefined || one.who === who));
    expect(at('request')).toMatchObject({ process: 'gateway1', request: 'send' });
    expect(at('device')).toMatchObject({ process: 'gateway2', who: 'laptop' });
    expect(at('append')?.process).toBe(found.owner);
  });

  it('says what the channel knows of it now', async () => {
    const messageId = await send(ASKED);
    const before = await cluster.journey(messageId);
    expect(before).toMatchObject({ messageFrom: 'alice', clientMessageId: 'm1', committed: true, members: 2 });
    expect(before).toMatchObject({ channelId: 'alice~bob', seq: 2 });
    expect(before.recipients).toContainEqual({ userId: 'bob', inInbox: true, delivered: false, read: false });
    await acknowledge();
    bob.send({ requestId: 2, markRead: { channelId: 'alice~bob', seq: 2 } });
    await cluster.clock.advance(2_000);
    const after = await cluster.journey(messageId);
    expect(after.recipients).toContainEqual({ userId: 'bob', inInbox: true, delivered: true, read: true });
  });

  it('is told of an untraced message by the stores alone, and says that it was not traced', async () => {
    const messageId = await send('');
    const found = await cluster.journey(messageId);
    expect(found).toMatchObject({ traced: false, steps: [], traceIds: [], channelId: 'alice~bob', committed: true });
    expect(found.idTimeMs?.toNumber()).toBeGreaterThan(0);
    expect(await cluster.journey(await send(ASKED.replace(/01$/, '00'), 'm2'))).toMatchObject({ traced: false });
  });

  it('has nothing of what people wrote', async () => {
    expect(JSON.stringify(await cluster.journey(await send(ASKED)))).not.toContain('hush');
  });

  it('names the error of a request that came to nothing', async () => {
    const asked = { requestId: 8, traceparent: ASKED, send: { channelId: 'gaaaaaaaaaaaaaaaa', clientMessageId: 'm9' } };
    alice.send({ ...asked, send: { ...asked.send, message: { text: 'hush' } } });
    await cluster.clock.advance(500);
    expect(alice.readTypes()).toContain('channel_not_found');
    const found = await cluster.journey(await send(ASKED));
    const errors = (found.steps ?? []).flatMap(({ step, error }) => (error ? [`${step}: ${error}`] : []));
    expect(errors.sort()).toEqual(['actor: channel_not_found', 'request: channel_not_found']);
  });

  it('is refused for what is no id, and for a message that nobody has', async () => {
    await expect(cluster.journey('seven')).rejects.toMatchObject({ kind: 'invalid_argument' });
    await expect(cluster.journey('7')).rejects.toMatchObject({ kind: 'message_not_found' });
  });
});

describe('the journey of a message that the gateway has traced', () => {
  beforeEach(() => begin(0.000001));

  it('begins at the gateway: the first message of each second', async () => {
    const messageId = await send('');
    const found = await cluster.journey(messageId);
    expect(ways(found)).toContain('() request actor append');
    expect(found.traced).toBe(true);
    const second = await send('', 'm2');
    const third = await send('', 'm3');
    const traced = await Promise.all([second, third].map((id) => cluster.journey(id)));
    expect(traced.map((one) => one.traced)).toEqual([true, false]);
  });
});
