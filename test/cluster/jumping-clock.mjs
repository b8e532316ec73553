/**
 * Preloaded into a process (`node --import 'file:///…/jumping-clock.mjs?FILE'`): its wall clock, and that of its threads, is off
 * by the milliseconds that FILE holds, and jumps when they change. Monotonic time and timers go on as ever. Without FILE it is right.
 */
import { readFileSync } from 'node:fs';

const LOOK_AGAIN_MS = 20;

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const RightDate = Date;
let offByMs = 0;

function look() {
  try {
    offByMs = Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

const now = () => RightDate.now() + offByMs;

globalThis.Date = new Proxy(RightDate, {
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  apply: (target) => new target(now()).toString(),
});

look();
setInterval(look, LOOK_AGAIN_MS).unref();
