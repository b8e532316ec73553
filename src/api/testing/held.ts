/** One call that is not answered before a test says so. */
export interface Held {
  /** Resolves when the call has been made and what it does is done. */
  readonly reached: Promise<void>;
  /** Lets the answer through. */
  release(): void;
}

/** Holds back the answer to the next call of this method; later calls are answered as ever. */
export function holdAnswer<Name extends string>(
  to: { [Method in Name]: (...args: never[]) => Promise<unknown> },
  method: Name,
): Held {
  const original = to[method];
  let release = (): void => {};
  let reach = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  to[method] = async (...args) => {
    to[method] = original;
    const answer = await original.apply(to, args);
    reach();
    await released;
    return answer;
  };
  return { reached, release };
}
