// Runs a tool of the machine to its end, with its output in a file: a build's thousand lines are for when it fails.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const LAST_LINES = 12;

/** One clear sentence for whoever started this; shown without a stack. */
export class Complaint extends Error {}

/** @param {string} file */
export function lastLines(file, count = LAST_LINES) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * Rejects with a `Complaint` where `program` is missing (`hint` says what to install) or fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ logFile: string, hint: string, cwd?: string, env?: Record<string, string>, uid?: number, gid?: number, input?: string }} options
 * @returns {Promise<void>}
 */
export function runTool(program, args, { logFile, hint, env, input, ...options }) {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { ...options, env: { ...process.env, ...env }, stdio: ['pipe', log, log] });
  child.stdin?.once('error', () => undefined); // it may end without reading
  child.stdin?.end(input);
  closeSync(log);
  const giveUp = () => {
    child.kill();
    process.exit(143);
  };
  process.once('SIGTERM', giveUp);
  child.once('close', () => process.off('SIGTERM', giveUp));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      reject(
        new Complaint(missing ? `${program} is missing on this machine. ${hint}` : `${program}: ${error.message}`),
      );
    });
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Complaint(
            `${program} ${args[0] ?? ''} ended with ${code ?? signal}; the end of ${logFile}:\n${lastLines(logFile)}`,
          ),
        );
    });
  });
}
