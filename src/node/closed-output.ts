/**
 * Whoever read standard output or error may have gone (`parley … | head`, a log's reader that ended). Node.js would end the
 * process with a stack trace; with this it calls `closed` instead, whatever else goes wrong with them stays thrown.
 */
export function onClosedOutput(closed: () => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      closed();
    });
}
