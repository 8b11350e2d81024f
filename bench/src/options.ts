import { parseArgs } from 'node:util'

const SUITES = [
  'import',
  'dates',
  'series-kinds',
  'peers',
  'upload',
  'poll',
  'latency',
  'memory',
  'reference',
  'lookups',
  'actions',
  'rejected',
  'row-security',
  'traces',
] as const
export type SuiteName = (typeof SUITES)[number]

/** Names that suites had before, accepted still. */
const OLD_NAMES: Readonly<Record<string, SuiteName>> = { levers: 'actions' }

export interface BenchOptions {
  readonly suites: readonly SuiteName[]
  /** What stands for a million: every size is a multiple of it, or a part. */
  readonly rows: number
  /** How often ours and theirs are measured in turn. */
  readonly pairs: number
  readonly tenMillion: boolean
  /** The file that gets the figures. */
  readonly json: string | undefined
  readonly databaseUrl: string | undefined
}

/** Whether it is only tried: few samples are enough then. */
export function isTrial({ rows }: Pick<BenchOptions, 'rows'>): boolean {
  return rows < FULL_ROWS
}

export type Command = { readonly kind: 'plots' } | { readonly kind: 'help' } | ({ readonly kind: 'run' } & BenchOptions)

/** What the issue of a benchmark is measured at; with fewer rows the figures say nothing. */
const FULL_ROWS = 1_000_000
const PAIRS = 3

export const USAGE = `npm run bench -- [suite …] [options]
npm run bench -- plots                 docs/performance.md from bench/results/*.json

suites: ${SUITES.join(', ')} (all of them by default)

--json FILE          also write the figures as one JSON object
--ten-million        import: also ten million rows, and all that goes with them (an hour, 20 GB of disk)
--rows N             ${FULL_ROWS} by default; fewer, to try it
--pairs N            ${PAIRS} by default: how often each side is measured, in turn
--database-url URL   a server to make a database of our own on, which is dropped at the end; by default DATABASE_URL,
                     else an embedded PostgreSQL in a temporary folder (in DATA_DIR, if set)`

/** What is wrong with how the bench was called, in a line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Throws a UsageError for arguments that cannot be. */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  if (values.help) return { kind: 'help' }
  if (positionals.length === 1 && positionals[0] === 'plots') return { kind: 'plots' }
  const suites = positionals.map((name) => {
    const suite = SUITES.find((known) => known === (OLD_NAMES[name] ?? name))
    if (suite === undefined)
      throw new UsageError(`there is no suite ${name}; expected ${SUITES.join(', ')}, or plots alone`)
    return suite
  })
  return {
    kind: 'run',
    suites: suites.length === 0 ? SUITES : SUITES.filter((suite) => suites.includes(suite)),
    rows: readCount('--rows', values.rows, 1_000),
    pairs: readCount('--pairs', values.pairs, 1),
    tenMillion: values['ten-million'],
    json: values.json,
    databaseUrl: values['database-url'],
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        'ten-million': { type: 'boolean', default: false },
        rows: { type: 'string', default: String(FULL_ROWS) },
        pairs: { type: 'string', default: String(PAIRS) },
        'database-url': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function readCount(name: string, text: string, least: number): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= least && count <= FULL_ROWS) return count
  throw new UsageError(`${name} is ${text}; expected a whole number from ${least} to ${FULL_ROWS}`)
}
