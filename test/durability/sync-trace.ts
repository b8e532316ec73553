/** Reads what strace saw of a writer, and tells which acknowledgements left before the sync that covers their row. */

interface Call {
  readonly name: string;
  readonly text: string;
  /** Lines at which the call began and ended: the order in which the kernel saw it. */
  readonly began: number;
  readonly ended: number;
}

const UNFINISHED = ' <unfinished ...>';

/** Calls in the order in which they ended. A call that was interrupted by another thread's spans two lines. */
function callsOf(trace: string): Call[] {
  const calls: Call[] = [];
  const open = new Map<string, { text: string; began: number }>();
  trace.split('\n').forEach((line, at) => {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(text);
    if (text.endsWith(UNFINISHED)) {
      open.set(thread, { text: text.slice(0, -UNFINISHED.length), began: at });
    } else if (resumed) {
      const start = open.get(thread);
      open.delete(thread);
      calls.push({ name: resumed[1] ?? '', text: `${start?.text}${resumed[2]}`, began: start?.began ?? at, ended: at });
    } else {
      const name = /^(\w+)\(/.exec(text)?.[1];
      if (name !== undefined) calls.push({ name, text, began: at, ended: at });
    }
  });
  return calls;
}

export interface SyncReport {
  readonly acknowledged: number[];
  /** Seqs whose acknowledgement was not preceded by: their bytes written, then a data sync, then a synced meta page. */
  readonly unsynced: number[];
}

export function readSyncTrace(trace: string): SyncReport {
  const calls = callsOf(trace);
  const descriptor = (flag: RegExp): string | undefined =>
    calls
      .filter(({ name, text }) => name === 'openat' && text.includes('data.mdb') && flag.test(text))
      .map(({ text }) => / = (\d+)/.exec(text)?.[1])
      .at(-1);
  const data = descriptor(/O_RDWR\|(?!.*O_DSYNC)/);
  const meta = descriptor(/O_DSYNC/);
  if (data === undefined || meta === undefined) throw new Error('the trace does not show how LMDB opened its file');
  const on = (call: Call, names: readonly string[], file: string): boolean =>
    names.includes(call.name) && call.text.startsWith(`${call.name}(${file}<`);
  const writes = calls.filter((call) => on(call, ['pwrite64', 'pwritev', 'write', 'writev'], data));
  const syncs = calls.filter((call) => on(call, ['fdatasync', 'fsync'], data) && / = 0$/.test(call.text));
  const metas = calls.filter((call) => on(call, ['pwrite64'], meta));
  const acknowledged: number[] = [];
  const unsynced: number[] = [];
  for (const call of calls) {
    const seq = call.name === 'write' ? /"ack (\d+)\\n"/.exec(call.text)?.[1] : undefined;
    if (seq === undefined) continue;
    acknowledged.push(Number(seq));
    const written = writes.find(({ text }) => text.includes(`<<row ${seq}>>`));
    const synced = written && syncs.find(({ began }) => began > written.ended);
    const sealed = synced && metas.find(({ began }) => began > synced.ended);
    if (sealed === undefined || sealed.ended > call.began) unsynced.push(Number(seq));
  }
  return { acknowledged, unsynced };
}
