import { errors, types } from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { toStoreError } from './driver-errors.js';

const { responseErrorCodes: codes } = types;
const response = (code: number) => new errors.ResponseError(code, 'as the server says');
const refused = (sentence: string) => new errors.ResponseError(codes.invalid, sentence);

describe('an error of the driver', () => {
  it.each([
    ['its own time-out', new errors.OperationTimedOutError('slow')],
    ['a read that timed out', response(codes.readTimeout)],
    ['a write that timed out', response(codes.writeTimeout)],
    ['a compare-and-set that is unknown', response(0x1700)],
    [
      'a time-out at one of several servers',
      new errors.NoHostAvailableError({ a: new errors.OperationTimedOutError('slow') }),
    ],
  ])('is `timeout` for %s', (_name, cause) => {
    expect(toStoreError(cause)).toMatchObject({ kind: 'timeout', cause, retryAfterMs: 1_000 });
  });

  it.each([
    ['no server', new errors.NoHostAvailableError({ '1.2.3.4:9042': new Error('connect ECONNREFUSED') })],
    ['no majority', response(codes.unavailableException)],
    ['an overloaded server', response(codes.overloaded)],
    ['a write that failed', response(codes.writeFailure)],
    ['what its user may not do', response(codes.unauthorized)],
    ['an unknown error at the server', response(codes.serverError)],
    ['a busy connection', new errors.BusyConnectionError('1.2.3.4', 2048, 1)],
    ['what the driver has no class for', new Error('No connection available')],
    ['a table that this server has not heard of', refused('table schema_version does not exist')],
    ['a table that it has not heard of, in other words', refused('unconfigured table schema_version')],
    ['a keyspace that it has not heard of', refused("Keyspace 'parley' doesn't exist")],
  ])('is `unavailable` for %s', (_name, cause) => {
    expect(toStoreError(cause)).toMatchObject({ kind: 'unavailable', cause, retryAfterMs: 2_000 });
  });

  it.each([
    ['a statement that is wrong', response(codes.syntaxError)],
    ['a column that is not there', refused('Undefined column name')],
    ['a value of a wrong type', new TypeError('not a Long')],
    ['an error of ours', new ParleyError('fenced')],
  ])('stays what it is for %s', (_name, cause) => {
    expect(toStoreError(cause)).toBe(cause);
  });
});
