import { ParleyError } from '../../core/errors.js';

type Methods<Name extends string> = { [Method in Name]: (...args: never[]) => Promise<unknown> };

/** The next call of this method is done and answered with `timeout`; later calls are answered as ever. */
export function loseAnswer<Name extends string>(to: Methods<Name>, method: Name): void {
  const original = to[method];
  to[method] = async (...args) => {
    to[method] = original;
    await original.apply(to, args);
    throw new ParleyError('timeout');
  };
}

/** The next call of this method is answered with this error and not done. */
export function refuseNext<Name extends string>(to: Methods<Name>, method: Name, error: ParleyError): void {
  const original = to[method];
  to[method] = async () => {
    to[method] = original;
    throw error;
  };
}
