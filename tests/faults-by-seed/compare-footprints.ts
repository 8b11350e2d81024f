import type { Footprint } from './footprint.ts'

interface Allowance {
  readonly of: RegExp
  /** By how much the last sample may be above the first. */
  readonly growth: number
  /** What it may never be above. */
  readonly most?: number
  readonly why: string
}

/** The first that fits counts. */
const ALLOWANCES: readonly Allowance[] = [
  {
    of: /held on the heap/,
    growth: 8,
    why: 'caches with a limit fill: checksums of the latest 16 files, statements of the pools, compiled code',
  },
  {
    of: /^intake: resident memory/,
    growth: 40,
    most: 250,
    why: 'Node gives back late what it once needed; the limit is the promised one',
  },
  { of: /resident memory/, growth: 60, most: 400, why: 'the same' },
  { of: /open descriptors/, growth: 12, why: 'connections that pools and clients keep open, up to their limits' },
  { of: /database connections/, growth: 12, why: 'pools that were not all used before the first sample' },
  {
    of: /events of the queues/,
    growth: 3_000,
    most: 3_000,
    why: 'BullMQ trims those of a queue to a hundred at its events whose number 256 divides, a number that all queues count',
  },
  { of: /temporary files/, growth: 0, why: 'none outlives its request or job' },
  { of: /.*/, growth: 16, why: 'markers and schedules of the queues; jobs that are over are removed' },
]

export interface ComparedFootprints {
  /** A line for each figure. */
  readonly lines: readonly string[]
  /** What is above its allowance. */
  readonly grown: readonly string[]
}

export function compareFootprints(first: Footprint, last: Footprint): ComparedFootprints {
  const grown: string[] = []
  const lines = [...last].map(([name, value]) => {
    const before = first.get(name) ?? 0
    const { growth, most = Infinity, why } = findAllowance(name)
    const line = `${name}: ${format(before)} after warm-up, ${format(value)} at the end; allowed: ${growth} more${most < Infinity ? `, at most ${most}` : ''} (${why})`
    if (value - before > growth || value > most) grown.push(line)
    return line
  })
  return { lines, grown }
}

function findAllowance(name: string): Allowance {
  const allowance = ALLOWANCES.find(({ of }) => of.test(name))
  if (allowance === undefined) throw new Error(`no allowance fits "${name}"`)
  return allowance
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}
