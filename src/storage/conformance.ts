/**
 * What every implementation of the storage ports must do: a list of checks that knows no test runner, so that a test
 * can also prove that it catches broken stores. Each check gets a place of its own, empty.
 */
import type { ConformanceCheck } from './conformance/harness.js';
import { logChecks } from './conformance/logs.js';
import { ownershipChecks } from './conformance/ownership.js';
import { recordChecks } from './conformance/records.js';

export type { ConformanceCheck, ConformancePlace } from './conformance/harness.js';

export const STORAGE_CONFORMANCE: readonly ConformanceCheck[] = [...logChecks, ...recordChecks, ...ownershipChecks];
