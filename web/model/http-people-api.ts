/** PeopleApi over HTTP, with the access token of the SDK's login. */
import { type ErrorName, type ParleyClient, ParleyError } from '../../client/index.js';
import type { ChannelSettings, Device, PeopleApi, Person, Profile, Relation, Settings } from './people-api.js';

const RELATIONS_PAGE = 200;
const FOUND_MAX = 30;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export function httpPeopleApi(client: ParleyClient): PeopleApi {
  const ask = <Answer>(method: Method, path: string, body?: object): Promise<Answer> =>
    request(client, method, path, body);
  const of = (path: string, id: string): string => `${path}/${encodeURIComponent(id)}`;
  const allSettings = (): Promise<Settings & { readonly channels: readonly ChannelSettings[] }> =>
    ask('GET', '/me/settings');
  return {
    profile: () => ask<Profile>('GET', '/me'),
    changeProfile: (change) => ask<Profile>('PATCH', '/me', change),
    settings: allSettings,
    changeSettings: (change) => ask<Settings>('PATCH', '/me/settings', change),
    channelSettings: async () => (await allSettings()).channels,
    changeChannelSettings: (channelId, change) => ask('PATCH', of('/me/settings/channels', channelId), change),
    people: async (userIds) => {
      const query = new URLSearchParams({ ids: userIds.join(',') });
      return (await ask<{ people: readonly Person[] }>('GET', `/people/names?${query}`)).people;
    },
    find: async (prefix) => {
      const query = new URLSearchParams({ prefix, limit: String(FOUND_MAX) });
      return (await ask<{ people: readonly Person[] }>('GET', `/people?${query}`)).people;
    },
    relations: () => relations(ask),
    befriend: (userId) => ask('POST', '/friends/requests', { userId }),
    accept: (userId) => ask('POST', `${of('/friends/requests', userId)}/accept`),
    decline: (userId) => ask('DELETE', of('/friends/requests', userId)),
    unfriend: (userId) => ask('DELETE', of('/friends', userId)),
    block: (userId) => ask('PUT', of('/blocks', userId)),
    unblock: (userId) => ask('DELETE', of('/blocks', userId)),
    devices: async () => (await ask<{ devices: readonly Device[] }>('GET', '/devices')).devices,
    removeDevice: (deviceId) => ask('DELETE', of('/devices', deviceId)),
  };
}

async function relations(ask: <Answer>(method: Method, path: string) => Promise<Answer>): Promise<readonly Relation[]> {
  const found: Relation[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(RELATIONS_PAGE), ...(after === undefined ? {} : { after }) });
    const page = await ask<{ relations: readonly Relation[]; next?: string }>('GET', `/friends?${query}`);
    found.push(...page.relations);
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** Asks once more with a new access token when the one at hand has expired. */
async function request<Answer>(client: ParleyClient, method: Method, path: string, body?: object): Promise<Answer> {
  try {
    return await requestOnce(client, method, path, body);
  } catch (error) {
    if (!(error instanceof ParleyError && error.kind === 'token_expired')) throw error;
    await client.refresh();
    return requestOnce(client, method, path, body);
  }
}

async function requestOnce<Answer>(client: ParleyClient, method: Method, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${client.session?.accessToken ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: unknown = text === '' ? undefined : parsed(text);
  if (response.ok) return answer as Answer; // the server's own schema has checked it
  throw errorFrom(answer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page, say
  }
}

function errorFrom(answer: unknown): ParleyError {
  const { error } = (answer ?? {}) as { error?: { name?: ErrorName; sentence?: string; retryAfterMs?: number } };
  if (error?.name === undefined) return new ParleyError('unavailable');
  const { name, sentence, retryAfterMs = 0 } = error;
  return new ParleyError(name, { retryAfterMs, ...(sentence === undefined ? {} : { sentence }) });
}
