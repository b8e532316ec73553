import type { LoadReport, VariantResult } from '../result.js';

const times = { count: 1, p50Ms: 2, p90Ms: 3, p99Ms: 4, p999Ms: 5, maxMs: 6, curve: [[0.5, 2] as const] };

/** A report of one variant with one line, as a run writes it. */
export function sampleReport(microsecondsPerMessage: number, scenario = 'a<b'): LoadReport {
  const variant: VariantResult = {
    name: 'one',
    settings: {
      users: 2,
      transport: 'websocket',
      pollEverySeconds: 1,
      connectSeconds: 1,
      warmUpSeconds: 0,
      seconds: 2,
      settleSeconds: 1,
    },
    lines: [
      {
        type: 'messages',
        name: 'direct',
        offeredPerSecond: 1,
        sent: 2,
        acknowledged: 2,
        delivered: 2,
        refused: 0,
        acknowledgement: times,
        delivery: times,
      },
    ],
    incidents: [{ at: 1, what: 'kill of a node', tookSeconds: 1, failure: undefined }],
    processorSeconds: 1,
    microsecondsPerMessage,
    residentMib: 100,
    connectedMib: 90,
    traffic: { requests: 4, bytesOut: 400, bytesIn: 400 },
    connecting: times,
    connectFailures: { count: 0, first: undefined },
    closes: { 1006: 2 },
    refusals: {},
    repeated: 0,
    presence: { frames: 0, states: 0 },
    momentMs: 1000,
    timeline: [
      {
        sent: 1,
        acknowledged: 1,
        delivered: 1,
        closed: 0,
        connected: 2,
        deliveryP50Ms: 2,
        deliveryP99Ms: 4,
        acknowledgementP99Ms: 4,
      },
    ],
    generators: [{ share: 0.99, lateP99Ms: 30, delayP99Ms: 9 }],
    generatorWasLimit: true,
    cameToRest: true,
    absent: 0,
    verdict: {
      findings: [],
      broken: { G1: 0, G2: 0, G3: 0, G4: 0 },
      counts: { sent: 2, acknowledged: 2, seen: 2, channels: 1, readers: 2 },
    },
  };
  const machine = { at: 'today', processor: 'some', node: 'v20', kernel: '6.1', cores: 2 };
  return {
    format: 1,
    scenario,
    about: 'About.',
    stage: 'here',
    seed: 7,
    machine,
    variants: [variant],
    notMeasured: [],
  };
}
