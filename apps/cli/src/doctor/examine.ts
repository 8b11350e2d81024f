import { untilAborted } from '../framework/until-aborted.ts'
import { describeFailure, finding, type Check } from './check.ts'

/**
 * Makes a check. One that fails is a finding by itself, as the others are still to be made: when connections are used up, say, or a right
 * is missing. Rejects with the signal's reason alone.
 */
export async function examine(signal: AbortSignal, name: string, check: () => Check | Promise<Check>): Promise<Check> {
  signal.throwIfAborted()
  try {
    return await untilAborted(signal, (async () => check())())
  } catch (error) {
    signal.throwIfAborted()
    return finding(
      name,
      `it cannot be looked at: ${describeFailure(error)}`,
      'Do what the reason says, as a right or a connection may be missing, and run doctor again.',
    )
  }
}
