import type { ImportView } from '@importer/client'
import { renderTable } from '@importer/client/terminal'
import { countExpected, type DemoWorld } from '@importer/demo-data'

import type { Steps } from './steps.ts'

/** What became of the import, in lines for the terminal. */
export function showOutcome({ id, status, outcome, counts, errorsByCode, failure }: ImportView): string[] {
  const lines = [
    `Import ${id} ${status}${outcome === null ? '' : `, outcome ${outcome}`}`,
    '',
    renderTable(
      ['rows', 'inserted', 'duplicates', 'rejected'],
      [[counts.rows, counts.inserted, counts.duplicates, counts.rejected].map(format)],
      { right: [0, 1, 2, 3] },
    ),
  ]
  if (failure !== null) lines.push('', `${failure.code}: ${failure.message}`)
  const codes = Object.entries(errorsByCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length > 0) {
    const rows = codes.map(([code, count]) => [code, format(count)])
    lines.push('', renderTable(['error code', 'rows'], rows, { right: [1] }))
  }
  return lines
}

export function showTimes(steps: Steps): string {
  const rows = [...steps.done, { name: 'All of it', seconds: steps.seconds }].map(({ name, seconds }) => [
    name,
    `${seconds.toFixed(2)} s`,
  ])
  return renderTable(['step', 'took'], rows, { right: [1] })
}

/** Null when the import came to what was put into the file; else what differs. */
export function findDifference(world: DemoWorld, { status, counts, errorsByCode }: ImportView): string | null {
  const expected = countExpected(world)
  const wanted = { status: 'completed', rows: world.spec.rows, ...expected.errorsByCode, ...pickCounts(expected) }
  const found: Record<string, unknown> = { status, rows: counts.rows, ...errorsByCode, ...pickCounts(counts) }
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)])
  const differences = [...names]
    .map((name) => ({ name, is: found[name], should: (wanted as Record<string, unknown>)[name] }))
    .filter(({ is, should }) => is !== should)
    .map(({ name, is, should }) => `${name} is ${String(is)} and should be ${String(should)}`)
  return differences.length === 0 ? null : differences.join('; ')
}

function pickCounts({
  inserted,
  duplicates,
  rejected,
}: Pick<ImportView['counts'], 'inserted' | 'duplicates' | 'rejected'>) {
  return { inserted, duplicates, rejected }
}

function format(value: number): string {
  return value.toLocaleString('en-US')
}
