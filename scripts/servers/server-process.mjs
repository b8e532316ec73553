// One server as a process of this one: started until it answers, killed, paused, and started again at the same address.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { childrenOf, isAlive, signalProcess } from './processes.mjs';
import { lastLines } from './run-tool.mjs';

const LOOK_AGAIN_MS = 20;
const STOP_MS = 20_000;

/**
 * How one server is started.
 * @typedef {object} Launch
 * @property {string} title what complaints call it
 * @property {string} program
 * @property {readonly string[]} args
 * @property {Record<string, string>} [env] beside this process's own
 * @property {{ uid: number, gid: number }} [user] as whom, where not as ourselves
 * @property {string} [folder] its working folder
 * @property {() => void | Promise<void>} [prepare] writes what it reads, before each start
 * @property {boolean} [hasChildren] that signals have to reach its child processes, too
 * @property {string} logFile what it prints
 * @property {NodeJS.Signals} [stopSignal] asks it to end in good order; SIGTERM where not said
 * @property {() => Promise<boolean>} answers whether it serves
 * @property {number} readyMs how long that may take
 */

/**
 * Starts it, in a process group of its own where `detached`; does not wait until it answers.
 * @param {Launch} launch
 */
export async function spawnServer(launch, detached = false) {
  mkdirSync(dirname(launch.logFile), { recursive: true });
  await launch.prepare?.();
  const log = openSync(launch.logFile, 'a');
  const child = spawn(launch.program, launch.args, {
    ...launch.user,
    ...(launch.folder === undefined ? {} : { cwd: launch.folder }),
    env: { ...process.env, ...launch.env },
    stdio: ['ignore', log, log],
    detached,
  });
  closeSync(log);
  child.once('error', () => undefined); // `untilItAnswers` sees that it has no process id
  return child;
}

/**
 * Rejects when it ends before it answers, or takes too long.
 * @param {Launch} launch
 * @param {import('node:child_process').ChildProcess} child
 */
export async function untilItAnswers(launch, child) {
  for (const end = Date.now() + launch.readyMs; ; ) {
    if (child.pid === undefined) throw new Error(`${launch.title}: ${launch.program} cannot be started`);
    if (child.exitCode !== null || child.signalCode !== null) {
      const outcome = child.exitCode ?? child.signalCode;
      throw new Error(
        `${launch.title} ended with ${outcome}; the end of ${launch.logFile}:\n${lastLines(launch.logFile)}`,
      );
    }
    if (await launch.answers()) return;
    if (Date.now() > end) {
      throw new Error(`${launch.title} does not answer; the end of ${launch.logFile}:\n${lastLines(launch.logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/**
 * Whether `address`:`port` takes a connection and, after `greeting`, says something that `accepts` likes.
 * @param {{ port: number, address: string, greeting?: Uint8Array, accepts: (said: Buffer) => boolean, waitMs?: number }} probe
 * @returns {Promise<boolean>}
 */
export function says({ port, address, greeting, accepts, waitMs = 2_000 }) {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    const timer = setTimeout(() => end(false), waitMs);
    const end = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    if (greeting !== undefined) socket.once('connect', () => socket.write(greeting));
    socket.once('data', (said) => end(accepts(said)));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

export class ServerProcess {
  /** @param {Launch} launch */
  constructor(launch) {
    this.launch = launch;
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.child = undefined;
  }

  /** The process id while it runs. @returns {number | undefined} */
  get pid() {
    const { child } = this;
    return child === undefined || child.exitCode !== null || child.signalCode !== null ? undefined : child.pid;
  }

  /** Resolves when it answers. */
  async start() {
    if (this.child !== undefined) throw new Error(`${this.launch.title} runs already`);
    const child = await spawnServer(this.launch);
    this.child = child;
    try {
      await untilItAnswers(this.launch, child);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** SIGKILL: without a word. */
  async kill() {
    await this.end('SIGKILL');
  }

  /** In good order, as its own service manager would; SIGKILL when that takes longer than 20 s. */
  async stop() {
    await this.end(this.launch.stopSignal ?? 'SIGTERM');
  }

  /** SIGSTOP: connections stay, nothing answers. */
  pause() {
    for (const pid of this.processes()) signalProcess(pid, 'SIGSTOP');
  }

  resume() {
    for (const pid of this.processes().reverse()) signalProcess(pid, 'SIGCONT');
  }

  /** Its own process and those that a signal has to reach with it. @returns {number[]} */
  processes() {
    const { pid } = this;
    if (pid === undefined) return [];
    return this.launch.hasChildren ? [pid, ...childrenOf(pid)] : [pid];
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      this.child = undefined;
      return;
    }
    const [, ...children] = this.processes();
    this.child = undefined;
    const exited = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGKILL') for (const pid of children) signalProcess(pid, signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
    while (children.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
