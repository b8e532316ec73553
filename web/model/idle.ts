/** How long nobody touches the page before they count as away, milliseconds. */
const IDLE_AFTER_MS = 5 * 60_000;

/** Calls back when nobody has been at the page for a while, and when somebody is again. */
export function watchIdle(changed: (idle: boolean) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const touched = (): void => {
    clearTimeout(timer);
    changed(false);
    timer = setTimeout(() => changed(true), IDLE_AFTER_MS);
  };
  for (const event of ['pointerdown', 'pointermove', 'keydown', 'focus'])
    addEventListener(event, touched, { passive: true });
  touched();
}
