/**
 * The placement of shards: `node dist/bench/micro/placement.js`. For several cluster sizes, 20 joins and 20 leaves of random
 * nodes one after the other: the imbalance afterwards (the fullest node beside the mean) and the shards that moved beside the
 * ideal (one share), as medians and worst of all, and the time a placement takes. No clock decides anything: the same run
 * gives the same figures, times aside. Not measured: weights; what a move costs.
 */

import { NOBODY, type PlacementNode, placeShards } from '../../src/cluster/placement.js';
import { SHARD_COUNT } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { median } from '../report/median.js';

const SIZES = [3, 4, 5, 8, 16, 32, 64, 128, 256];
const ROUNDS = 20;
const TARGETS = [
  { upTo: 32, imbalance: 0.06, movement: 1.2 },
  { upTo: 256, imbalance: 0.13, movement: 1.5 },
];

interface Sample {
  readonly imbalance: number;
  readonly movement: number;
  readonly timeMs: number;
}

class Cluster {
  private nodes: PlacementNode[];
  private names: (string | undefined)[] = [];
  private made = 0;

  constructor(size: number) {
    this.nodes = Array.from({ length: size }, () => this.newNode());
    this.place(1);
  }

  private newNode(): PlacementNode {
    return { name: `node-${this.made++}`, weight: 1 };
  }

  join(): Sample {
    this.nodes.push(this.newNode());
    return this.place(SHARD_COUNT / this.nodes.length);
  }

  leave(index: number): Sample {
    const ideal = SHARD_COUNT / this.nodes.length;
    this.nodes.splice(index, 1);
    return this.place(ideal);
  }

  private place(ideal: number): Sample {
    const { nodes, names } = this;
    const indexes = new Map(nodes.map(({ name }, index) => [name, index]));
    const current = Int16Array.from({ length: SHARD_COUNT }, (_, shard) => indexes.get(names[shard] ?? '') ?? NOBODY);
    const startedMs = performance.now();
    const placed = placeShards(nodes, current);
    const timeMs = performance.now() - startedMs;
    this.names = Array.from(placed, (node) => nodes[node]?.name);
    const moved = names.filter((name, shard) => name !== this.names[shard]).length;
    const counts = nodes.map(() => 0);
    for (const node of placed) counts[node] = (counts[node] ?? 0) + 1;
    const imbalance = Math.max(...counts) / (SHARD_COUNT / nodes.length) - 1;
    return { imbalance, movement: moved / ideal, timeMs };
  }
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;

function measure(size: number): string[] {
  const random = seededRandom(size);
  const cluster = new Cluster(size);
  const samples: Sample[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    samples.push(cluster.join(), cluster.leave(Math.floor(random.fraction() * (size + 1))));
  }
  const imbalances = samples.map(({ imbalance }) => imbalance);
  const movements = samples.map(({ movement }) => movement);
  const target = TARGETS.find(({ upTo }) => size <= upTo);
  const reached =
    target !== undefined && median(imbalances) <= target.imbalance && median(movements) <= target.movement;
  return [
    String(size),
    percent(median(imbalances)),
    percent(Math.max(...imbalances)),
    median(movements).toFixed(2),
    Math.max(...movements).toFixed(2),
    median(samples.map(({ timeMs }) => timeMs)).toFixed(1),
    reached ? 'reached' : 'missed',
  ];
}

const HEAD = ['nodes', 'imbalance', 'worst', 'moved / ideal', 'worst', 'ms', 'target'];
for (const row of [HEAD, ...SIZES.map(measure)]) {
  process.stdout.write(`${row.map((cell) => cell.padStart(13)).join(' ')}\n`);
}
