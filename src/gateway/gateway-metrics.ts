import type { Counter, Metrics } from '../core/metrics.js';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** What clients ask of a gateway, and how long it takes. */
export class GatewayMetrics {
  readonly frames: Counter;
  readonly refusals: Counter;
  private readonly sends: Counter;
  private readonly sendSeconds: { observe(value: number): void };

  constructor(metrics: Metrics) {
    this.frames = metrics.counter('parley_gateway_frames_total', 'Frames from clients');
    this.refusals = metrics.counter('parley_gateway_refusals_total', 'Requests that were refused');
    this.sends = metrics.counter('parley_gateway_sends_total', 'Sends that were acknowledged');
    this.sendSeconds = metrics.histogram(
      'parley_send_seconds',
      'From a send at the gateway to its acknowledgement',
      SECONDS,
    );
  }

  /** A request was answered. */
  answered(type: string, tookMs: number): void {
    if (type !== 'send') return;
    this.sends.add();
    this.sendSeconds.observe(tookMs / 1000);
  }
}
