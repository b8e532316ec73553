import { describe, expect, it } from 'vitest';
import { type Readiness, serviceAnswer } from './readiness.js';

const ask = (readiness: Readiness, url = '/v1/ready') => serviceAnswer(url, readiness);
const serving: Readiness = { notReady: () => undefined };

describe('a process that serves', () => {
  it('is ready, and says why its pushes cannot be sent', () => {
    expect(ask(serving)).toEqual({ status: 200, body: { status: 'ready' } });
    const push = 'FCM gives no access token';
    const body = { status: 'ready', push };
    expect(ask({ ...serving, pushNotReady: () => push })).toEqual({ status: 200, body });
  });
});

describe('a process that does not serve', () => {
  it.each([
    ['draining', 'draining', 'This process is about to stop.'],
    ['waits for NATS', 'unavailable', 'Not ready: waits for NATS.'],
  ])('answers as every error is answered: %s', (reason, name, sentence) => {
    expect(ask({ notReady: () => reason })).toMatchObject({ status: 503, body: { error: { name, sentence } } });
  });

  it('is alive', () => {
    expect(ask({ notReady: () => 'draining' }, '/v1/health')).toEqual({ status: 200, body: { status: 'ok' } });
  });
});

it('is asked at two addresses, whatever the query', () => {
  expect(ask(serving, '/v1/ready?from=probe')?.status).toBe(200);
  expect(ask(serving, '/metrics')).toBeUndefined();
});
