import { describe, expect, it } from 'vitest';
import { CLOSE } from '../core/errors.js';
import { gatewayOperations } from './operations.js';
import { Stage } from './testing/stage.js';

function setup() {
  const stage = new Stage();
  const operations = gatewayOperations(
    stage.host,
    () => 0,
    () => undefined,
  );
  return { stage, operations };
}

describe('a gateway that hears of a logout', () => {
  it('ends the sessions of the device by itself, as logged out, and tells the actor', async () => {
    const { stage, operations } = setup();
    const phone = await stage.login();
    const desk = await stage.login({ token: 'alice.desk' });
    const other = await stage.login({ token: 'bob.phone' });
    operations.revoke('alice', 'phone', stage.clock.now());
    const codes = [phone, desk, other].map(({ socket }) => socket.closedWith);
    expect(codes).toEqual([CLOSE.session_revoked, undefined, undefined]);
    expect(stage.cluster.noticesOf('session_close')).toEqual([{ type: 'session_close', sessionId: phone.id }]);
    operations.revoke('alice', '', stage.clock.now());
    expect(desk.socket.closedWith).toBe(CLOSE.session_revoked);
    expect(stage.host.sessions.size).toBe(1);
  });

  it('ends a session that waits to be resumed, and none of a later login', async () => {
    const { stage, operations } = setup();
    const { socket, id } = await stage.login();
    operations.revoke('alice', 'phone', -1);
    expect(stage.host.sessions.size).toBe(1);
    socket.link.lost(1006);
    operations.revoke('alice', 'phone', stage.clock.now());
    const again = stage.connect();
    again.send({ requestId: 1, hello: { token: 'alice.phone', resume: { sessionId: id, sessionSeq: 0 } } });
    await stage.clock.settle();
    expect(again.frames.map(({ welcome }) => welcome?.resumed ?? false)).toEqual([false]);
  });
});
