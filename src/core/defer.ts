/**
 * Deferred calls of this process. A message passes a dozen of them between its socket, the actors and the recipient's
 * socket. A turn of the event loop for each would make every message wait for as many turns of everything else; so the
 * calls that a round leads to follow in the same turn, until that has lasted a while and I/O has its own.
 */
const TURN_MS = 1;

const settled = Promise.resolve();
const askForTick = (): void => process.nextTick(goOn);

let waiting: (() => void)[] = [];
let scheduled = false;
let turnEndMs = 0;

/** Calls back after what runs now, and after the promises that it settles. */
export function defer(callback: () => void): void {
  waiting.push(callback);
  if (scheduled) return;
  scheduled = true;
  setImmediate(beginTurn);
}

function beginTurn(): void {
  turnEndMs = performance.now() + TURN_MS;
  runRound();
}

function runRound(): void {
  const ready = waiting;
  waiting = [];
  try {
    for (const callback of ready) callback();
  } finally {
    // A tick asked for in a microtask comes when the promises of this round are settled, all the way.
    void settled.then(askForTick);
  }
}

function goOn(): void {
  if (waiting.length === 0) scheduled = false;
  else if (performance.now() < turnEndMs) runRound();
  else setImmediate(beginTurn);
}
