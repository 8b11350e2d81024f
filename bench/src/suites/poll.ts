import { rm } from 'node:fs/promises'
import path from 'node:path'

import { printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID } from '../bench-system.ts'
import { createGiant, type Giant } from '../giant.ts'
import { applyLoad, type Load } from '../load.ts'
import { startServer } from '../opponents/start-server.ts'
import { isTrial } from '../options.ts'
import { measureStaleness } from '../staleness.ts'
import { median, percentile } from '../statistics.ts'
import { startWatchingPages } from '../watching-pages.ts'
import { findWorkerPid, readResidentMemory } from '../worker-process.ts'
import { loadWorlds, writeFile } from '../world.ts'

const SERIES_ID = 500
const LOAD_SECONDS = 5
const ATTEMPTS = 3
const PAGES = 10

const ENDPOINTS = {
  native: (importId: number) => `/v1/imports/${importId}`,
  compatible: (importId: number) =>
    `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${SERIES_ID}?jobId=${importId}`,
}
type Endpoint = keyof typeof ENDPOINTS

/** In alternate slices, while the same import runs. */
interface LoadPair {
  readonly ours: Load
  readonly constant: Load
  /** whether the import ran from beginning to end */
  readonly importRan: boolean
}

/** Status by id under load while an import runs, against an Express route that answers as many bytes of nothing. */
export async function runPollSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const seconds = isTrial(options) ? 1 : LOAD_SECONDS
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: 2 * options.rows }
  bench.print('  making reference data')
  await loadWorlds(system.sql, [world])
  const file = { path: path.join(system.filesDir, 'giant.csv'), world, byId: false }
  await writeFile(file.path, world)
  const giant = await createGiant(system, file)
  try {
    const pairs: Record<Endpoint, LoadPair[]> = { native: [], compatible: [] }
    for (let i = 0; i < options.pairs; i += 1) {
      for (const endpoint of ['native', 'compatible'] as const) {
        pairs[endpoint].push(await measureLoads(bench, giant, endpoint, seconds))
      }
    }
    const beside: PagesPair[] = []
    for (let i = 0; i < options.pairs; i += 1) beside.push(await measureBesidePages(bench, giant, seconds))
    const importId = await giant.start()
    const [ages] = await Promise.all([
      measureStaleness(system, importId, seconds),
      applyLoad(system.url + ENDPOINTS.native(importId), system.apiKey, seconds),
    ])
    return report(bench, pairs, beside, ages)
  } finally {
    await giant.close()
    await rm(file.path, { force: true })
  }
}

/** The same polls of the same import, alone and then while pages of the dashboard show it. */
interface PagesPair {
  readonly alone: Load
  readonly beside: Load
  readonly answersToPages: number
  /** the most since the intake's start; null: it cannot be read here */
  readonly intakePeakMb: number | null
}

async function measureBesidePages({ system }: Bench, giant: Giant, seconds: number): Promise<PagesPair> {
  const importId = await giant.start()
  const url = system.url + ENDPOINTS.native(importId)
  const alone = await applyLoad(url, system.apiKey, seconds)
  const stopPages = startWatchingPages(system, importId, PAGES)
  const beside = await applyLoad(url, system.apiKey, seconds)
  const answersToPages = await stopPages()
  const pid = process.platform === 'linux' ? findWorkerPid(system.dataDir, 'intake') : null
  const intakePeakMb = pid === null ? null : (readResidentMemory(pid)?.peakMb ?? null)
  return { alone, beside, answersToPages, intakePeakMb }
}

/**
 * Loads both addresses alternately, in slices of a second: what an import leaves of the machine changes from one second to the
 * next. The first slice of each is not counted: a program that has just started compiles what it needs.
 */
async function applyAlternately(
  urls: readonly [string, string],
  apiKey: string,
  seconds: number,
): Promise<[Load, Load]> {
  const slices: [Load[], Load[]] = [[], []]
  for (let slice = 0; slice <= seconds; slice += 1) {
    for (const [side, url] of urls.entries()) slices[side as 0 | 1].push(await applyLoad(url, apiKey, 1))
  }
  const sum = ([, ...counted]: readonly Load[]): Load => ({
    requestsPerSecond: counted.reduce((total, { requestsPerSecond }) => total + requestsPerSecond, 0) / counted.length,
    p99: Math.max(...counted.map(({ p99 }) => p99)),
  })
  return [sum(slices[0]), sum(slices[1])]
}

/** Once more with a new giant, should it have ended too soon. */
async function measureLoads(bench: Bench, giant: Giant, endpoint: Endpoint, seconds: number): Promise<LoadPair> {
  const { system, print } = bench
  for (let attempt = 1; ; attempt += 1) {
    const importId = await giant.start()
    const url = system.url + ENDPOINTS[endpoint](importId)
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${system.apiKey}` } })
    const { length } = Buffer.from(await answer.arrayBuffer())
    const constant = await startServer('constant-server', String(length))
    try {
      const [ours, theirs] = await applyAlternately([url, `${constant.url}/status`], system.apiKey, seconds)
      const importRan = await giant.isRunning()
      if (importRan || attempt === ATTEMPTS || isTrial(bench.options)) {
        if (!importRan) print('  the import ended before the load did: this pair is not as it should be')
        return { ours, constant: theirs, importRan }
      }
    } finally {
      await constant.stop()
    }
  }
}

function report(
  bench: Bench,
  pairs: Record<Endpoint, LoadPair[]>,
  pages: readonly PagesPair[],
  ages: readonly number[],
): SuiteResult {
  const describe = (measured: readonly LoadPair[]) => ({
    requests_per_second: median(measured.map(({ ours }) => ours.requestsPerSecond)),
    constant_requests_per_second: median(measured.map(({ constant }) => constant.requestsPerSecond)),
    ratio_to_constant: median(
      measured.map(({ ours, constant }) => ours.requestsPerSecond / constant.requestsPerSecond),
    ),
    p99_ms: median(measured.map(({ ours }) => ours.p99)),
    constant_p99_ms: median(measured.map(({ constant }) => constant.p99)),
    import_ran: measured.every(({ importRan }) => importRan),
    pairs: measured,
  })
  const endpoints = { native: describe(pairs.native), compatible: describe(pairs.compatible) }
  const all = Object.values(endpoints)
  const staleness = { answers: ages.length, p99_ms: percentile(ages, 0.99), max_ms: percentile(ages, 1) }
  printTable(
    bench,
    ['status by id', 'ours, 1/s', 'constant, 1/s', 'ratio', 'p99, ms', 'constant p99, ms'],
    Object.entries(endpoints).map(([name, endpoint]) => [
      name,
      endpoint.requests_per_second,
      endpoint.constant_requests_per_second,
      endpoint.ratio_to_constant,
      endpoint.p99_ms,
      endpoint.constant_p99_ms,
    ]),
  )
  bench.print(
    `  age of ${ages.length} answers: p99 ${staleness.p99_ms?.toFixed(0)} ms, max ${staleness.max_ms?.toFixed(0)} ms`,
  )
  const ratioBesidePages = median(pages.map(({ alone, beside }) => beside.requestsPerSecond / alone.requestsPerSecond))
  bench.print(`  while ${PAGES} pages watch: ${ratioBesidePages.toFixed(2)} of the polls without them`)
  return {
    figures: {
      ratio_beside_ten_pages: ratioBesidePages,
      // Of the two APIs, what holds for both.
      ratio_to_constant: Math.min(...all.map(({ ratio_to_constant }) => ratio_to_constant)),
      p99: Math.max(...all.map(({ p99_ms }) => p99_ms)),
      staleness_p99_ms: staleness.p99_ms,
      staleness_max_ms: staleness.max_ms,
    },
    details: { ...endpoints, pages, staleness },
  }
}
