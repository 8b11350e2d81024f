import { rm } from 'node:fs/promises'
import path from 'node:path'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { importFile, readCounts, watchImports } from '../import-run.ts'
import { findWorkerPid, readResidentMemory } from '../worker-process.ts'
import { loadWorlds, WRONG_TILL, writeRejectedFile } from '../world.ts'

const SERIES_ID = 710
const LOOKS = 20

/**
 * What a person waits for who puts right an import of which every row was rejected: groups, pages, one row explained, and
 * the answer to a retry that corrects every other row.
 */
export async function runRejectedSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows }
  bench.print('  making reference data')
  await loadWorlds(system.sql, [world])
  const file = { path: path.join(system.filesDir, 'rejected.csv'), world, byId: false }
  try {
    await writeRejectedFile(file.path, world)
    const { importId } = await importFile(system, file)
    const { rejected } = await readCounts(system, importId)
    if (rejected !== options.rows) throw new Error(`of ${options.rows} wrong rows ${rejected} were rejected`)
    const looks = await measureLooks(system, importId, options.rows)
    const retry = await measureRetry(system, importId, options.rows)
    return report(bench, looks, retry)
  } finally {
    await rm(file.path, { force: true })
    await removeUploads(system)
  }
}

/** Milliseconds: each the most that one of several requests took. */
interface Looks {
  readonly groupsByCodeMs: number
  readonly firstPageMs: number
  readonly filteredPageMs: number
  readonly pageOfValueMs: number
  /** of a code that no row has */
  readonly absentCodeMs: number
  readonly rowMs: number
  readonly lineMs: number
  readonly groupsByValueMs: number
  readonly groupsExact: boolean
  /** the most that was resident in the intake app's life, MiB; null where there is no /proc to ask */
  readonly intakePeakMb: number | null
}

async function measureLooks(system: BenchSystem, importId: number, rows: number): Promise<Looks> {
  const base = `/v1/imports/${importId}`
  const most = async (makePath: (look: number) => string): Promise<number> => {
    const times: number[] = []
    for (let look = 0; look < LOOKS; look += 1) {
      const requestedAt = performance.now()
      await get(system, makePath(look))
      times.push(performance.now() - requestedAt)
    }
    return Math.max(...times)
  }
  const rowOf = (look: number): number => 1 + Math.floor((look * (rows - 1)) / (LOOKS - 1))
  const looks = {
    groupsByCodeMs: await most(() => `${base}/error-groups`),
    firstPageMs: await most(() => `${base}/errors`),
    filteredPageMs: await most((look) => `${base}/errors?code=COUPON_NOT_FOUND&fromRow=${rowOf(look)}`),
    pageOfValueMs: await most((look) => `${base}/errors?column=redeemedAt&value=${WRONG_TILL}&fromRow=${rowOf(look)}`),
    absentCodeMs: await most(() => `${base}/errors?code=COUPON_EXPIRED`),
    rowMs: await most((look) => `${base}/rows/${rowOf(look)}`),
    lineMs: await most((look) => `${base}/rows?line=${rowOf(look)}`),
  }
  const requestedAt = performance.now()
  const groups = await get<{ items: { value: string; rows: number }[]; exact: boolean }>(
    system,
    `${base}/error-groups?by=value`,
  )
  const groupsByValueMs = performance.now() - requestedAt
  const [largest] = groups.items
  if (largest?.value !== String(WRONG_TILL)) throw new Error('the largest group is not that of the wrong till')
  const pid = process.platform === 'linux' ? findWorkerPid(system.dataDir, 'intake') : null
  const intakePeakMb = pid === null ? null : (readResidentMemory(pid)?.peakMb ?? null)
  return { ...looks, groupsByValueMs, groupsExact: groups.exact, intakePeakMb }
}

interface Retry {
  readonly answerMs: number
  readonly doneMs: number
  readonly inserted: number
}

async function measureRetry(system: BenchSystem, importId: number, rows: number): Promise<Retry> {
  const watch = await watchImports(system)
  try {
    const requestedAt = performance.now()
    const answer = await fetch(`${system.url}/v1/imports/${importId}/retry-rejected`, {
      method: 'POST',
      headers: { ...keyOf(system), 'Content-Type': 'application/json' },
      body: JSON.stringify({ corrections: [{ column: 'redeemedAt', from: String(WRONG_TILL), to: '1' }] }),
    })
    const { id } = (await answer.json()) as { id: number }
    const answerMs = performance.now() - requestedAt
    await watch.untilCompleted(id)
    const doneMs = performance.now() - requestedAt
    const { inserted } = await readCounts(system, id)
    if (inserted !== Math.ceil(rows / 2)) throw new Error(`of ${rows} rows, every other corrected, ${inserted} went in`)
    return { answerMs, doneMs, inserted }
  } finally {
    await watch.close()
  }
}

async function get<Answer>(system: BenchSystem, address: string): Promise<Answer> {
  const answer = await fetch(`${system.url}${address}`, { headers: keyOf(system) })
  if (!answer.ok) throw new Error(`${address} was answered with ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Answer
}

function keyOf({ apiKey }: BenchSystem): Record<string, string> {
  return { Authorization: `Bearer ${apiKey}` }
}

function report(bench: Bench, looks: Looks, retry: Retry): SuiteResult {
  printTable(
    bench,
    ['most of 20 looks', 'ms'],
    [
      ['groups by code', looks.groupsByCodeMs],
      ['first page of row errors', looks.firstPageMs],
      ['a page of one code', looks.filteredPageMs],
      ['a page of one value', looks.pageOfValueMs],
      ['a page of a code that no row has', looks.absentCodeMs],
      ['one row explained', looks.rowMs],
      ['the row on a line', looks.lineMs],
    ],
  )
  printTable(
    bench,
    ['groups by value, s', 'exact', 'intake peak, MiB', 'retry answered, ms', 'retry completed, s', 'corrected rows'],
    [
      [
        looks.groupsByValueMs / 1000,
        String(looks.groupsExact),
        looks.intakePeakMb,
        retry.answerMs,
        retry.doneMs / 1000,
        retry.inserted,
      ],
    ],
  )
  return {
    figures: {
      groups_by_code_ms: looks.groupsByCodeMs,
      first_page_ms: looks.firstPageMs,
      filtered_page_ms: looks.filteredPageMs,
      page_of_value_ms: looks.pageOfValueMs,
      absent_code_ms: looks.absentCodeMs,
      row_ms: looks.rowMs,
      line_ms: looks.lineMs,
      groups_by_value_s: looks.groupsByValueMs / 1000,
      retry_answer_ms: retry.answerMs,
      retry_completed_s: retry.doneMs / 1000,
    },
    details: { looks, retry },
  }
}
