/**
 * What a server process is started with. Its heap begins at a size that it reaches under load anyway: from a small one V8 collects
 * all of it every few seconds while it grows, and marks beside the messages on the same core (bench/BENCHMARKS.md, the p99).
 * Pages that nothing is written to cost no memory.
 */
export const SERVER_FLAGS = ['--initial-old-space-size=256'];
