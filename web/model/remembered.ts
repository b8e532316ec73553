/** `make`, which gives what it made last time while it is asked for the same: identical arguments, one by one. */
export function remembered<Args extends readonly unknown[], Made>(
  make: (...args: Args) => Made,
): (...args: Args) => Made {
  let last: { readonly args: Args; readonly made: Made } | undefined;
  return (...args) => {
    if (last === undefined || !args.every((arg, at) => arg === last?.args[at])) last = { args, made: make(...args) };
    return last.made;
  };
}
