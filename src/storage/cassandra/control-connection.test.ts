import { EventEmitter } from 'node:events';
import { Client } from 'cassandra-driver';
import { expect, it } from 'vitest';
import { silentLogger } from '../../core/logger.js';
import { guardControlConnection } from './control-connection.js';

/** The driver's own, where the guard goes: a driver that no longer has these parts fails here. */
interface Inside {
  connection: unknown;
  host: unknown;
  _refresh(): Promise<void>;
  _refreshControlConnection(): Promise<void>;
  _refreshHosts(): Promise<void>;
  _registerToConnectionEvents(): Promise<void>;
}

const insideOf = (driver: Client): Inside => (driver as unknown as { controlConnection: Inside }).controlConnection;

function refreshThatMeetsAnother(guarded: boolean): Promise<void> {
  const driver = new Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'here' });
  if (guarded) guardControlConnection(driver, silentLogger);
  const inside = insideOf(driver);
  inside._refreshControlConnection = () => {
    inside.connection = { endpointFriendlyName: 'a server' };
    return Promise.resolve();
  };
  inside._refreshHosts = () => {
    inside.connection = null; // what the other one does first
    return Promise.reject(new Error('the server is gone'));
  };
  return inside._refresh();
}

it('fails in the driver when two refreshes meet: once that is mended, this guard may go', async () => {
  await expect(refreshThatMeetsAnother(false)).rejects.toThrow(TypeError);
});

it('ends no process when two refreshes of the control connection meet', async () => {
  await expect(refreshThatMeetsAnother(true)).resolves.toBeUndefined();
});

it('refreshes it once at a time, until it has a connection, and again when that is asked for later', async () => {
  const driver = new Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'here' });
  guardControlConnection(driver, silentLogger);
  const inside = insideOf(driver);
  const connection = Object.assign(new EventEmitter(), { endpointFriendlyName: 'a server' });
  let tried = 0;
  inside._refreshControlConnection = async () => {
    tried++;
    await Promise.resolve();
    inside.host = new EventEmitter();
    inside.connection = connection;
  };
  let lost = 3;
  inside._refreshHosts = async () => {
    await Promise.resolve();
    if (lost-- > 0) throw new Error('the server is gone');
  };
  inside._registerToConnectionEvents = () => Promise.resolve();
  await Promise.all(Array.from({ length: 5 }, () => inside._refresh()));
  expect([tried, inside.connection, connection.listenerCount('socketClose')]).toEqual([4, connection, 1]);
  await inside._refresh();
  expect(tried).toBe(5);
  await driver.shutdown();
});
