/**
 * What a server process is started with. Its heap begins large: from a small one V8 collects
 * all of it every few seconds while it grows, and marks beside the messages on the same core (bench/BENCHMARKS.md, the p99).
 * It costs some 15 MiB at start, and garbage that stays longer under load. The young space may grow to 64 MiB a half: what is
 * under way at the highest rates fills one of 16, and is copied each time.
 */
export const SERVER_FLAGS = ['--initial-old-space-size=256', '--max-semi-space-size=64'];
