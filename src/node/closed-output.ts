/**
 * Whoever read standard output or error may have gone (`parley … | head`, a log's reader that ended), or there is no room where
 * they go. Node.js would end the process with a stack trace; with this it calls `closed` in the first case, and in any other says
 * so in one sentence on standard error and calls `failed`.
 */
export function onClosedOutput(closed: () => void, failed: () => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') return closed();
      if (stream === process.stdout)
        process.stderr.write(`parley: standard output cannot be written to: ${message}.\n`);
      failed();
    });
}
