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
}

function refreshThatMeetsAnother(guarded: boolean): Promise<void> {
  const driver = new Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'here' });
  if (guarded) guardControlConnection(driver, silentLogger);
  const inside = (driver as unknown as { controlConnection: Inside }).controlConnection;
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
