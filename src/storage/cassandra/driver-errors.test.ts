import { errors, types } from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { isUnknownTable, toStoreError } from './driver-errors.js';

const { responseErrorCodes: codes } = types;
const response = (code: number) => new errors.ResponseError(code, 'as the server says');

describe('a table that another process is making', () => {
  it('is told from every other wrong statement', () => {
    expect(isUnknownTable(new errors.ResponseError(codes.invalid, 'table schema_version does not exist'))).toBe(true);
    expect(isUnknownTable(new errors.ResponseError(codes.invalid, 'unconfigured table schema_version'))).toBe(true);
    expect(isUnknownTable(new errors.ResponseError(codes.invalid, 'Undefined column name'))).toBe(false);
    expect(isUnknownTable(new Error('table schema_version does not exist'))).toBe(false);
  });
});

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
    expect(toStoreError(cause)).toMatchObject({ kind: 'timeout', cause });
  });

  it.each([
    ['no server', new errors.NoHostAvailableError({ '1.2.3.4:9042': new Error('connect ECONNREFUSED') })],
    ['no majority', response(codes.unavailableException)],
    ['an overloaded server', response(codes.overloaded)],
    ['a write that failed', response(codes.writeFailure)],
    ['an unknown error at the server', response(codes.serverError)],
    ['a busy connection', new errors.BusyConnectionError('1.2.3.4', 2048, 1)],
    ['what the driver has no class for', new Error('No connection available')],
  ])('is `unavailable` for %s', (_name, cause) => {
    expect(toStoreError(cause)).toMatchObject({ kind: 'unavailable', cause });
  });

  it.each([
    ['a statement that is wrong', response(codes.syntaxError)],
    ['a table that is not there', response(codes.invalid)],
    ['a value of a wrong type', new TypeError('not a Long')],
    ['an error of ours', new ParleyError('fenced')],
  ])('stays what it is for %s', (_name, cause) => {
    expect(toStoreError(cause)).toBe(cause);
  });
});
