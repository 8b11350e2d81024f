import { parseArgs } from 'node:util'

const QUEUES = ['redis', 'postgres'] as const
export type QueueKind = (typeof QUEUES)[number]

export interface RunOptions {
  readonly seed: number
  /** For all topologies together. */
  readonly minutes: number
  readonly queues: readonly QueueKind[]
  /** Mixed imports beside the steps, and nothing may have grown at the end. */
  readonly isSoak: boolean
}

export const USAGE = `npm run faults -- [options]

--minutes N   for so long steps are begun, half of it with each queue; 10 by default
--seed S      a whole number; the same seed draws the same steps. By default one of the clock, which is printed
--queue Q     redis or postgres: one of them alone
--soak        mixed imports go on beside the steps, and memory, descriptors, connections, temporary files and what the queue holds
              have to be at the end what they were after the first third`

/** What is wrong with the options, in a line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Null: the usage is wanted. Throws a UsageError. */
export function readOptions(args: readonly string[]): RunOptions | null {
  const { values } = parse(args)
  if (values.help === true) return null
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new UsageError(`--seed is ${values.seed}; expected a whole number`)
  const minutes = Number(values.minutes ?? 10)
  if (!(minutes > 0)) throw new UsageError(`--minutes is ${values.minutes}; expected a number above 0`)
  const queue = values.queue ?? 'both'
  const queues = QUEUES.filter((each) => queue === 'both' || queue === each)
  if (queues.length === 0) throw new UsageError(`--queue is ${queue}; expected redis or postgres`)
  return { seed, minutes, queues, isSoak: values.soak === true }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        seed: { type: 'string' },
        queue: { type: 'string' },
        soak: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
