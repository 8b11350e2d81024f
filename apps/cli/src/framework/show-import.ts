import type { ImportView } from '@importer/client'
import { formatBytes } from '@importer/client/terminal'
import { toPlainText } from '@importer/contracts'

import type { Session } from './session.ts'

type Colour = 'green' | 'yellow' | 'red' | 'cyan'

const COLOURS: Readonly<Record<string, Colour>> = {
  success: 'green',
  partial: 'yellow',
  failure: 'red',
  failed: 'red',
  cancelled: 'yellow',
  reverted: 'yellow',
  processing: 'cyan',
}

/** Such as `completed, partial`. */
export function describeStatus({ status, outcome, dryRun }: ImportView): string {
  return [status, ...(outcome === null ? [] : [outcome]), ...(dryRun ? ['dry run'] : [])].join(', ')
}

export function paintStatus({ colours }: Session, { status, outcome }: ImportView, text: string): string {
  const colour = COLOURS[outcome ?? status]
  return colour === undefined ? text : colours[colour](text)
}

/** Such as `5 rows: 2 inserted, 0 duplicates, 3 rejected`. */
export function describeCounts({ counts: { rows, inserted, duplicates, rejected } }: ImportView): string {
  return `${rows} rows: ${inserted} inserted, ${duplicates} duplicates, ${rejected} rejected`
}

/** All that a person wants to know of one import. */
export function showImport(session: Session, view: ImportView): string {
  const { id, seriesId, fileName, bytes, failure, delay, details, errorsByCode, retryOf, retriedAs } = view
  const fields: [string, string][] = [
    ['File', `${fileName} (${formatBytes(bytes)}), series ${seriesId}`],
    ['Rows', describeCounts(view)],
    ['Time', describeTimes(view)],
  ]
  if (view.status === 'processing') fields.push(['Progress', `${view.progress.percent.toFixed(1)} %`])
  if (details !== null) fields.push(['Details', details])
  if (retryOf !== null) fields.push(['Retry of', String(retryOf)])
  if (retriedAs !== null) fields.push(['Retried as', String(retriedAs)])
  if (failure !== null) fields.push(['Failure', `${failure.code}: ${failure.message}`])
  if (delay !== null) fields.push(['Delay', `${delay.code}: ${delay.message}`])
  const lines = [`Import ${id}: ${paintStatus(session, view, describeStatus(view))}`]
  for (const [name, value] of fields) lines.push(`${name.padEnd(10)} ${toPlainText(value)}`)
  const codes = Object.entries(errorsByCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length > 0) {
    lines.push(
      '',
      session.table(
        ['code', 'rows'],
        codes.map(([code, rows]) => [code, String(rows)]),
        { right: [1] },
      ),
    )
  }
  return lines.join('\n')
}

/** What can be done about an import, as commands. */
export function proposeCommands({ id, status, counts, retriedAs, dryRun }: ImportView): string[] {
  switch (status) {
    case 'queued':
    case 'processing':
      return [`wait ${id}`]
    case 'failed':
    case 'cancelled':
      return [`resume ${id}`, `results ${id} --dir import-${id}`]
    case 'completed':
      if (counts.rejected > 0) {
        const retry = dryRun || retriedAs !== null ? [] : [`retry ${id}`]
        return [`errors ${id} --group`, `report ${id} --out errors.csv`, ...retry]
      }
      return [`list`]
    case 'reverted':
      return ['list']
  }
}

function describeTimes({ createdAt, startedAt, finishedAt }: ImportView): string {
  if (startedAt === null) return `waiting since ${createdAt}`
  if (finishedAt === null) return `began ${startedAt}`
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000
  return `${startedAt}, ${seconds.toFixed(1)} s`
}
