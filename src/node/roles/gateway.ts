/** The role `gateway`: the connections of clients. */
import { systemClock as clock } from '../../core/clock.js';
import { every } from '../../core/every.js';
import { systemRandom as random } from '../../core/random.js';
import { createAccessTokenVerifier } from '../../directory/tokens/access-tokens.js';
import { RevokedDevices } from '../../directory/tokens/revocable-verifier.js';
import { loadVerifyingKeys } from '../../directory/tokens/signing-keys.js';
import { startGateway } from '../../gateway/server.js';
import { LOOK_EVERY_MS } from '../bus-silence.js';
import type { ClusterMember, Started } from '../cluster-member.js';
import { Evacuation } from '../evacuation.js';
import { operationsHandler } from '../operations-handler.js';
import { openTracing } from '../tracing.js';

export async function start(member: ClusterMember): Promise<Started> {
  const { options, logger, metrics, bus, edge, silence, teardown } = member;
  const { host, port, tlsCert, tlsKey, allowedOrigins, trustedProxies } = options;
  const revoked = new RevokedDevices();
  const verifier = revoked.guard(createAccessTokenVerifier(loadVerifyingKeys(options.tokenKeys), clock));
  const { tracing, spans } = await openTracing(options, member);
  await member.connectBus();
  const tls = tlsCert === '' ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  const gateway = await startGateway(
    {
      ...{ bus: edge, verifier, fallback: operationsHandler({ notReady: () => member.notReady() }) },
      ...{ clock, random, logger, metrics, tracing, happened: member.happened, notices: member.membership },
    },
    { host, port, tls, allowedOrigins, trustedProxies },
  );
  teardown.add('sockets', async () => gateway.close());
  const scheme = tls === undefined ? 'ws' : 'wss';
  await member.join({ publicUrl: options.publicUrl || `${scheme}://${host}:${gateway.port}/v1/connect` });
  teardown.add('sessions', async () => {
    member.beginDrain();
    await gateway.drain({ deadlineMs: options.drainSeconds * 1_000, to: otherGateways(member) });
  });
  await member.answerOperators({ gateway: gateway.operations, tokens: revoked, spans });
  const evacuation = new Evacuation({
    silence,
    // Of a registry that does not answer nobody knows who is left in it.
    others: () => (member.membership.reachable ? otherGateways(member) : []),
    drain: (drain) => gateway.drain(drain),
  });
  every(clock, LOOK_EVERY_MS, () => evacuation.look());
  member.ownReason = () => (evacuation.isUnderWay ? 'no node is heard on NATS' : undefined);
  // Without the bus it can open no session: clients are sent elsewhere.
  const isDeaf = (): boolean => !bus.connected || silence.isToBeTold;
  member.ready(() => ({ ...gateway.load(), ...(isDeaf() ? { draining: true } : {}) }));
  return { port: gateway.port };
}

function otherGateways({ membership, incarnation }: ClusterMember): string[] {
  return membership
    .processes()
    .filter((other) => other.incarnation !== incarnation && other.roles.includes('gateway') && !other.load.draining)
    .flatMap(({ publicUrl }) => publicUrl ?? []);
}
