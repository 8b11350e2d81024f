import { rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { importFile, readCounts, uploadFile, watchImports, type FileToImport, type ImportWatch } from '../import-run.ts'
import { emptyTable } from '../redemption-tables.ts'
import { median } from '../statistics.ts'
import { findWorkerPid, readResidentMemory } from '../worker-process.ts'
import { loadWorlds, writeFile } from '../world.ts'

const SERIES_ID = 700
const POLL_MS = 5
/** So much of the file is done when its import is cancelled. */
const DONE_SHARE = 0.1
const CANCEL_ATTEMPTS = 5
const PAGES = 20

/**
 * What cancel, resume and revert take on one large import, and what looking at the errors of one that is nothing but
 * errors does.
 */
export async function runActionsSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows }
  bench.print('  making reference data')
  await loadWorlds(system.sql, [world])
  const file = { path: path.join(system.filesDir, 'actions.csv'), world, byId: false }
  const watch = await watchImports(system, POLL_MS)
  try {
    await writeFile(file.path, world)
    const actions = await measureActions(system, watch, file)
    await removeUploads(system)
    await writeFile(file.path, world, { badPercent: 100 })
    const errors = await measureErrors(system, file)
    return report(bench, actions, errors)
  } finally {
    await watch.close()
    await rm(file.path, { force: true })
    await removeUploads(system)
  }
}

/** Milliseconds from the request, until it was answered and until the import was there. */
interface ActionTimes {
  readonly answerMs: number
  readonly doneMs: number
}

interface Actions {
  readonly rows: number
  /** rows that were processed when it was cancelled, and those reported as unprocessed */
  readonly processed: number
  readonly unprocessed: number
  readonly cancel: ActionTimes
  readonly resume: ActionTimes
  readonly revert: ActionTimes
  readonly redemptionsLeft: number
}

async function measureActions(system: BenchSystem, watch: ImportWatch, file: FileToImport): Promise<Actions> {
  const rows = file.world.coupons
  const { importId, cancel } = await startAndCancel(system, watch, file)
  const { inserted, rejected, duplicates } = await readCounts(system, importId)
  const unprocessed = (await readReport(system, importId, 'unprocessed.csv')).rows
  const resume = await requestAction(system, watch, importId, 'resume', 'completed')
  const completed = await readCounts(system, importId)
  const revert = await requestAction(system, watch, importId, 'revert', 'reverted')
  const { rows: left } = await system.sql.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1',
    [importId],
  )
  const measured: Actions = {
    rows,
    processed: inserted + rejected + duplicates,
    unprocessed,
    cancel,
    resume,
    revert,
    redemptionsLeft: left[0]?.n ?? 0,
  }
  // What is wrong must not look fast.
  if (measured.processed + unprocessed !== rows || completed.inserted !== rows || measured.redemptionsLeft !== 0) {
    throw new Error(`the actions were not exact: ${JSON.stringify({ ...measured, completed })}`)
  }
  return measured
}

/** Once more should it have ended before it could be cancelled; the last time it is cancelled at once. */
async function startAndCancel(
  system: BenchSystem,
  watch: ImportWatch,
  file: FileToImport,
): Promise<{ importId: number; cancel: ActionTimes }> {
  for (let attempt = 1; ; attempt += 1) {
    for (const table of ['redemption', 'rejected_row', 'duplicate_row']) await emptyTable(system.sql, table)
    const importId = await uploadFile(system, file)
    if (attempt < CANCEL_ATTEMPTS) await waitForRows(system, watch, importId, file.world.coupons * DONE_SHARE)
    const cancel = await requestAction(system, watch, importId, 'cancel', 'cancelled').catch((error: unknown) => {
      if (attempt === CANCEL_ATTEMPTS || !(error instanceof ActionRefusedError)) throw error
      return null
    })
    if (cancel !== null) return { importId, cancel }
  }
}

async function waitForRows(system: BenchSystem, watch: ImportWatch, importId: number, rows: number): Promise<void> {
  for (;;) {
    const { inserted } = await readCounts(system, importId)
    if (inserted >= rows || (await watch.readStatus(importId)) === 'completed') return
    await delay(POLL_MS)
  }
}

class ActionRefusedError extends Error {
  override readonly name = 'ActionRefusedError'
}

async function requestAction(
  system: BenchSystem,
  watch: ImportWatch,
  importId: number,
  action: 'cancel' | 'resume' | 'revert',
  state: string,
): Promise<ActionTimes> {
  const requestedAt = performance.now()
  const stop = new AbortController()
  // Looked at from the request on: what an action does may be done before it answers.
  const done = waitForState(watch, importId, state, stop.signal).then(() => performance.now() - requestedAt)
  done.catch(() => undefined)
  const answer = await fetch(`${system.url}/v1/imports/${importId}/${action}`, {
    method: 'POST',
    headers: keyOf(system),
  })
  const answerMs = performance.now() - requestedAt
  const body = await answer.text()
  if (!answer.ok) {
    stop.abort()
    await done.catch(() => undefined)
    throw new ActionRefusedError(`${action} was answered with ${answer.status}: ${body}`)
  }
  return { answerMs, doneMs: await done }
}

async function waitForState(watch: ImportWatch, importId: number, state: string, stop: AbortSignal): Promise<void> {
  while ((await watch.readStatus(importId)) !== state) {
    stop.throwIfAborted()
    await delay(POLL_MS)
  }
}

interface Errors {
  readonly rows: number
  readonly pagesMs: readonly number[]
  readonly csvRows: number
  readonly csvSeconds: number
  /** the most that was resident in the intake app's life, MiB; null where there is no /proc to ask */
  readonly intakePeakMb: number | null
}

async function measureErrors(system: BenchSystem, file: FileToImport): Promise<Errors> {
  const rows = file.world.coupons
  const { importId } = await importFile(system, file)
  const { rejected } = await readCounts(system, importId)
  if (rejected !== rows) throw new Error(`of ${rows} wrong rows ${rejected} were rejected`)
  const pagesMs: number[] = []
  for (let page = 0; page < PAGES; page += 1) {
    const requestedAt = performance.now()
    const answer = await fetch(`${system.url}/v1/imports/${importId}/errors`, { headers: keyOf(system) })
    const { items } = (await answer.json()) as { items: object[] }
    pagesMs.push(performance.now() - requestedAt)
    if (items.length === 0) throw new Error('the first page of errors is empty')
  }
  const csv = await readReport(system, importId, 'errors.csv')
  if (csv.rows !== rows) throw new Error(`of ${rows} rejected rows errors.csv has ${csv.rows}`)
  const pid = process.platform === 'linux' ? findWorkerPid(system.dataDir, 'intake') : null
  return {
    rows,
    pagesMs,
    csvRows: csv.rows,
    csvSeconds: csv.seconds,
    intakePeakMb: pid === null ? null : (readResidentMemory(pid)?.peakMb ?? null),
  }
}

const LINE_END = 0x0a

/** Streams a report to nowhere. Its rows have no line breaks in their cells, and there is a header. */
async function readReport(
  system: BenchSystem,
  importId: number,
  name: string,
): Promise<{ rows: number; seconds: number }> {
  const requestedAt = performance.now()
  const answer = await fetch(`${system.url}/v1/imports/${importId}/${name}`, { headers: keyOf(system) })
  if (!answer.ok || answer.body === null) throw new Error(`${name} was answered with ${answer.status}`)
  let lines = 0
  for await (const chunk of answer.body) {
    const bytes = chunk as Uint8Array
    for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines += 1
  }
  return { rows: Math.max(0, lines - 1), seconds: (performance.now() - requestedAt) / 1000 }
}

function keyOf({ apiKey }: BenchSystem): Record<string, string> {
  return { Authorization: `Bearer ${apiKey}` }
}

function report(bench: Bench, actions: Actions, errors: Errors): SuiteResult {
  const { cancel, resume, revert } = actions
  const csvRowsPerSecond = errors.csvRows / errors.csvSeconds
  printTable(
    bench,
    ['action', 'answered, ms', 'done, s', 'rows'],
    [
      ['cancel', cancel.answerMs, cancel.doneMs / 1000, actions.processed],
      ['resume, until completed', resume.answerMs, resume.doneMs / 1000, actions.unprocessed],
      ['revert', revert.answerMs, revert.doneMs / 1000, actions.rows],
    ],
  )
  printTable(
    bench,
    ['rejected rows', 'page p50, ms', 'page max, ms', 'errors.csv, rows/s', 'intake peak, MiB'],
    [[errors.rows, median(errors.pagesMs), Math.max(...errors.pagesMs), csvRowsPerSecond, errors.intakePeakMb]],
  )
  return {
    figures: {
      cancel_answer_ms: cancel.answerMs,
      cancelled_ms: cancel.doneMs,
      resume_answer_ms: resume.answerMs,
      resumed_s: resume.doneMs / 1000,
      revert_s: revert.doneMs / 1000,
      errors_page_p50_ms: median(errors.pagesMs),
      errors_csv_rows_per_second: csvRowsPerSecond,
      intake_rss_mb: errors.intakePeakMb,
    },
    details: { actions, errors },
  }
}
