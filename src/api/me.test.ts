import { beforeEach, describe, expect, it } from 'vitest';
import { createHarness, type Harness } from './testing/harness.js';

let chat: Harness;
let token: string;
let deviceId: string;

beforeEach(async () => {
  chat = await createHarness();
  ({ accessToken: token, deviceId } = await chat.join('alice'));
});

describe('the profile', () => {
  it('changes in the fields that are named', async () => {
    const changed = await chat.call('PATCH /v1/me', { token, body: { displayName: 'Alice', locale: 'pt-BR' } });
    const expected = { userId: 'alice', displayName: 'Alice', locale: 'pt-BR', timeZone: 'UTC' };
    expect(changed).toMatchObject({ status: 200, json: expected });
    expect((await chat.call('GET /v1/me', { token })).json).toEqual(expected);
  });

  it.each([{}, { userId: 'eve' }, { displayName: 7 }, { displayName: '' }, { locale: null }, [], 'text', 7, null])(
    'refuses the change %j',
    async (body) => {
      const answer = await chat.call('PATCH /v1/me', { token, body: JSON.stringify(body) });
      expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
    },
  );
});

describe('the password', () => {
  const change = (body: object) => chat.call('PUT /v1/me/password', { token, body });

  it('changes for who knows it, and logs all other devices out', async () => {
    const login = { userId: 'alice', password: 'alices password' };
    const other = await chat.call('POST /v1/sessions', { body: login });
    expect((await change({ current: 'alices password', new: 'another one' })).status).toBe(204);
    const { deviceId: ended } = other.json as { deviceId: string };
    expect(chat.actors.asked).toEqual([
      { actor: 'user:alice', question: { type: 'revoke', deviceId: ended, atMs: expect.any(Number) } },
    ]);
    expect((await chat.call('POST /v1/sessions', { body: login })).status).toBe(401);
    expect((await chat.call('POST /v1/sessions', { body: { ...login, password: 'another one' } })).status).toBe(201);
  });

  it('stays when the current one is wrong or the new one too weak', async () => {
    expect(await change({ current: 'wrong', new: 'another one' })).toMatchObject({ error: 'wrong_credentials' });
    expect(await change({ current: 'alices password', new: 'short' })).toMatchObject({ error: 'invalid_argument' });
    for (let i = 0; i < 5; i++) await change({ current: 'wrong', new: 'another one' });
    expect(await change({ current: 'alices password', new: 'another one' })).toMatchObject({ status: 429 });
  });
});

describe('settings', () => {
  it('change in the fields that are named, and the user actor hears of it', async () => {
    const body = { presenceFor: 'nobody', doNotDisturb: { fromMinute: 1320, toMinute: 420 } };
    const changed = await chat.call('PATCH /v1/me/settings', { token, body });
    expect(changed).toMatchObject({ status: 200, json: { ...body, receiptsFor: 'everyone' } });
    expect(chat.actors.told).toEqual([{ actor: 'user:alice', notice: { type: 'directory_changed' } }]);
    const off = await chat.call('PATCH /v1/me/settings', { token, body: { doNotDisturb: null } });
    expect(off.json).toMatchObject({ doNotDisturb: null });
  });

  it('of a channel stand beside the general ones', async () => {
    const body = { notificationLevel: 'mentions', muteUntilMs: 1_800_000_000_000 };
    const changed = await chat.call('PATCH /v1/me/settings/channels/alice~bob', { token, body });
    expect(changed).toMatchObject({ status: 200, json: { channelId: 'alice~bob', ...body } });
    const all = await chat.call('GET /v1/me/settings', { token });
    expect(all.json).toMatchObject({ notificationLevel: 'everything', channels: [{ channelId: 'alice~bob' }] });
    const back = { notificationLevel: null };
    const undone = await chat.call('PATCH /v1/me/settings/channels/alice~bob', { token, body: back });
    expect(undone.json).toMatchObject(back);
  });

  it.each([
    {},
    { presenceFor: 'enemies' },
    { muteUntilMs: -1 },
    { muteUntilMs: '5' },
    { doNotDisturb: { fromMinute: 1440, toMinute: 0 } },
    { doNotDisturb: { fromMinute: 0 } },
    { notificationLevel: null },
    { theme: 'dark' },
  ])('refuse %j', async (body) => {
    const answer = await chat.call('PATCH /v1/me/settings', { token, body });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
  });

  it('refuse what is no channel', async () => {
    const body = { muteUntilMs: 0 };
    const answer = await chat.call('PATCH /v1/me/settings/channels/no%20channel', { token, body });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
  });
});

describe('devices', () => {
  it('are renamed', async () => {
    const renamed = await chat.call(`PATCH /v1/devices/${deviceId}`, { token, body: { name: 'Phone' } });
    expect(renamed).toMatchObject({ status: 200, json: { deviceId, name: 'Phone', current: true } });
    expect(await chat.call('PATCH /v1/devices/none', { token, body: { name: 'Phone' } })).toMatchObject({
      status: 404,
    });
    const empty = await chat.call(`PATCH /v1/devices/${deviceId}`, { token, body: { name: '' } });
    expect(empty).toMatchObject({ status: 400 });
  });

  it.each(['%00', 'a%00', 'a%20b', 'x'.repeat(65)])('are not named %s', async (name) => {
    const renamed = await chat.call(`PATCH /v1/devices/${name}`, { token, body: { name: 'Phone' } });
    expect(renamed).toMatchObject({ status: 400, error: 'invalid_argument' });
    const removed = await chat.call(`DELETE /v1/devices/${name}`, { token });
    expect(removed).toMatchObject({ status: 400, error: 'invalid_argument' });
    expect(chat.actors.asked).toEqual([]);
  });

  it('are removed no more than a few at once, whether or not there are such', async () => {
    const remove = (n: number) => chat.call(`DELETE /v1/devices/made-up-${n}`, { token });
    for (let n = 0; n < 60; n++) expect((await remove(n)).status).toBe(404);
    expect(await remove(60)).toMatchObject({ status: 429, error: 'rate_limited', headers: { 'retry-after': '5' } });
    expect(chat.actors.asked).toHaveLength(60);
  });

  it('are removed: their sessions end', async () => {
    const body = { userId: 'alice', password: 'alices password' };
    const { deviceId: other } = (await chat.call('POST /v1/sessions', { body })).json as { deviceId: string };
    expect((await chat.call(`DELETE /v1/devices/${other}`, { token })).status).toBe(204);
    expect(chat.actors.asked).toEqual([
      { actor: 'user:alice', question: { type: 'revoke', deviceId: other, atMs: expect.any(Number) } },
    ]);
    expect(await chat.call(`DELETE /v1/devices/${other}`, { token })).toMatchObject({
      status: 404,
      error: 'not_found',
    });
    expect((await chat.call('GET /v1/devices', { token })).json).toMatchObject({ devices: [{ deviceId }] });
  });
});
