/** What the system promises does not hold. */
export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError'
}
