import type { Results } from './read-results.ts'

/** A promise of the contract, and what was measured. */
export interface Bar {
  readonly what: string
  readonly bar: string
  readonly measured: string
  readonly holds: boolean
}

/** The bars of which something was measured. */
export function evaluateBars(results: Results): Bar[] {
  const bars: Bar[] = []
  const atLeast = (what: string, least: number, value: number | null | undefined, digits = 2): void => {
    if (value != null) bars.push({ what, bar: `≥ ${least}`, measured: value.toFixed(digits), holds: value >= least })
  }
  const atMost = (what: string, most: number, unit: string, value: number | null | undefined, digits = 0): void => {
    if (value == null) return
    bars.push({
      what,
      bar: `≤ ${most.toLocaleString('en-US')}${unit}`,
      measured: `${value.toFixed(digits)}${unit}`,
      holds: value <= most,
    })
  }

  for (const cell of results.find('import')?.suite.cells ?? []) {
    if (cell.rows < 1_000) continue
    atLeast(`import, against psql by hand: ${cell.title}`, cell.bad_percent > 0 ? 0.75 : 1, cell.ratio)
  }
  const [, ...kinds] = results.find('series-kinds')?.suite.kinds ?? []
  for (const { title, ratio_to_once } of kinds)
    atLeast(`import, against coupons used once: ${title}`, 0.5, ratio_to_once)
  // Of full coupons the script skips the rows, so it does less work.
  const comparable = kinds.filter(({ title }) => !title.endsWith(', full'))
  for (const { title, ratio_to_psql } of comparable) atLeast(`import, against psql by hand: ${title}`, 1, ratio_to_psql)
  const peers = results.find('peers')?.suite.sizes.at(-1)
  atLeast('import, against findMany and createMany', 15, peers?.ratio_to_createmany, 1)
  atLeast('import, against row by row', 100, peers?.ratio_to_row_by_row, 0)
  atLeast('upload, against a pipe into a file', 0.8, results.find('upload')?.suite.ratio_to_pipe)
  const poll = results.find('poll')?.suite
  atLeast('polls, against a route that answers a constant', 0.5, poll?.ratio_to_constant)
  atMost('age of what a poll shows', 250, ' ms', poll?.staleness_max_ms)
  const latency = results.find('latency')?.suite
  atMost('100 rows, idle, p50', 250, ' ms', latency?.idle_p50_ms)
  atMost('100 rows beside a giant, p95', 2_000, ' ms', latency?.beside_giant_p95_ms)
  const memory = results.find('memory')?.suite
  atMost("worker's memory, ten times the rows", 1.2, ' ×', memory?.rss_ratio, 2)
  atMost("worker's memory at its peak", 400, ' MiB', memory?.rss_mb)
  atLeast('reference data, all new, against \\copy and an upsert', 0.7, results.find('reference')?.suite.all_new.ratio)
  const security = results.find('row-security')?.suite
  atMost(
    'processor time of an import with row security, against without, of the kind that it costs most',
    1.03,
    ' ×',
    // From the kinds: reports of before have the median over them as their figure.
    greatest(security?.kinds.flatMap(({ ratio_cpu }) => ratio_cpu ?? [])),
    2,
  )
  return bars
}

/** Null where nothing is known. */
function greatest(values: readonly number[] = []): number | null {
  return values.length === 0 ? null : Math.max(...values)
}
