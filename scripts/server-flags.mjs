/**
 * What a server process is started with. Its heap begins large: from a small one V8 collects
 * all of it every few seconds while it grows, and marks beside the messages on the same core (bench/BENCHMARKS.md, the p99).
 * It costs some 15 MiB at start, and garbage that stays longer under load.
 */
export const SERVER_FLAGS = ['--initial-old-space-size=256'];
