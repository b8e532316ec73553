/** The messages of proto/admin.proto as types alone: a process that is never asked by an operator does not load their code. */
import type { v1 } from './generated/admin.js';

export type { v1 as admin };

export type OperationsQuestion = v1.IQuestion;
export type OperationsAnswer = v1.IAnswer;
export type OperationsEvent = v1.IClusterEvent;
