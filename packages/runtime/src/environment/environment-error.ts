/** One or more variables hold what cannot be used. `message` is one line that names each and says what was expected. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  readonly code = 'INVALID_ENVIRONMENT'
}
