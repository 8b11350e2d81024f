/** A command that cannot be done. The message is one line for the user. */
export class CliError extends Error {
  override readonly name = 'CliError'
}
