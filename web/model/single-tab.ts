/**
 * One tab of a browser at a time holds a user's connection: the tabs share the device and what it has stored. A tab
 * that comes later asks before it takes over. Where the browser has no locks (plain HTTP on a network), the newest tab takes
 * over at once.
 */

const PATIENCE_MS = 700;

/**
 * Resolves to what lets go; undefined when another tab holds it and `takeOver` is false. `onTaken` is called when a
 * later tab takes it away.
 */
export async function holdSession(
  userId: string,
  takeOver: boolean,
  onTaken: () => void,
): Promise<(() => void) | undefined> {
  // Typed as always there, but browsers leave it out on insecure origins.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return holdWithoutLocks(userId, onTaken);
  return new Promise((resolve) => {
    let held = false;
    // A page that is just being left, as on a reload, lets go within a moment.
    const options: LockOptions = takeOver ? { steal: true } : { signal: AbortSignal.timeout(PATIENCE_MS) };
    const ended = locks.request(`parley.${userId}`, options, () => {
      held = true;
      return new Promise<void>((release) => resolve(release));
    });
    ended.catch(() => (held ? onTaken() : resolve(undefined)));
  });
}

/** Writing to the storage tells all other tabs, and no tab of itself. */
function holdWithoutLocks(userId: string, onTaken: () => void): () => void {
  const key = `parley.tab.${userId}`;
  const onStorage = (event: StorageEvent): void => {
    if (event.key !== key || event.newValue === null) return;
    letGo();
    onTaken();
  };
  const letGo = (): void => removeEventListener('storage', onStorage);
  addEventListener('storage', onStorage);
  localStorage.setItem(key, `${Date.now()} ${Math.random()}`);
  return letGo;
}
