/** Asks a Node process for a full collection or a processor profile, through its inspector: the server has no hook for it. */

import { pause } from '../load/generator/pace.js';
import { LoadWebSocket } from '../load/transport/websocket.js';

const OPEN_ATTEMPTS = 50;

export class Inspector {
  private socket: LoadWebSocket | undefined;
  private readonly waiting = new Map<number, (result: Record<string, unknown>) => void>();
  private id = 0;

  private constructor() {}

  /** Wakes the inspector of a process that was started with --inspect-port. */
  static async open(pid: number, port: number): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
      await pause(100);
      const listed = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined);
      const [target] = ((await listed?.json()) ?? []) as { webSocketDebuggerUrl: string }[];
      if (target === undefined) continue;
      const inspector = new Inspector();
      const path = new URL(target.webSocketDebuggerUrl).pathname;
      inspector.socket = await LoadWebSocket.open(
        { port, path, subprotocol: undefined, fromAddress: '127.0.0.1' },
        {
          onMessage: (buffer, start, end) => inspector.onMessage(buffer.toString('utf8', start, end)),
          onClose: () => {},
        },
      );
      return inspector;
    }
    throw new Error(`the inspector of process ${pid} does not answer on port ${port}`);
  }

  call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.id;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket?.sendText(JSON.stringify({ id, method, params }));
    });
  }

  private onMessage(text: string): void {
    const { id, result } = JSON.parse(text) as { id?: number; result?: Record<string, unknown> };
    if (id === undefined) return;
    this.waiting.get(id)?.(result ?? {});
    this.waiting.delete(id);
  }

  async collectGarbage(): Promise<void> {
    for (let round = 0; round < 3; round++) await this.call('HeapProfiler.collectGarbage');
  }

  /** What the JavaScript heap uses. */
  async heapBytes(): Promise<number> {
    return Number((await this.call('Runtime.getHeapUsage')).usedSize ?? 0);
  }

  close(): void {
    this.socket?.close();
  }
}
