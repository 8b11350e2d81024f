/**
 * Lets a program that keeps others running go on when its own output cannot be written: the reader is gone, the terminal
 * was closed (EIO), the disk is full. Nobody is left to notify.
 */
export function ignoreOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
