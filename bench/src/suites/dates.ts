import { rm } from 'node:fs/promises'
import path from 'node:path'

import type { CellRules } from '@importer/contracts'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { importFile, readCounts, type FileToImport } from '../import-run.ts'
import { compareTimes, measurePairs, type Comparison } from '../pairs.ts'
import { timeReading } from '../profile.ts'
import { emptyTable } from '../redemption-tables.ts'
import { loadWorlds, writeFile } from '../world.ts'

/** One way to write dates. */
interface Format {
  /** The figure's name. */
  readonly figure: string
  readonly title: string
  readonly rules: CellRules
  readonly write: (ms: number) => string
}

interface FormatResult extends Comparison {
  readonly title: string
  /** Seconds of processor: the file read, and its rows mapped. */
  readonly read: number
  readonly map: number
}

const SERIES_ID = 900
const BERLIN = 'Europe/Berlin'

const FORMATS: readonly Format[] = [
  {
    figure: 'ratio_iso8601_to_millis',
    title: 'iso8601',
    rules: { dateFormat: 'iso8601' },
    write: (ms) => new Date(ms).toISOString(),
  },
  {
    figure: 'ratio_pattern_to_millis',
    title: `dd/MM/yyyy HH:mm:ss in ${BERLIN}`,
    rules: { dateFormat: 'dd/MM/yyyy HH:mm:ss', timeZone: BERLIN },
    write: createLocalWriter(BERLIN),
  },
]

/**
 * What the format of dates costs: the same rows with dates as epoch milliseconds and in another format, imported in turn into
 * an empty table, from the upload's answer to COMPLETED; and the reading of each file alone.
 */
export async function runDatesSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows }
  bench.print('  making reference data')
  await loadWorlds(system.sql, [world])
  const millis: FileToImport = { path: path.join(system.filesDir, 'millis.csv'), world, byId: false }
  const results: FormatResult[] = []
  try {
    await writeFile(millis.path, world)
    await importIntoEmpty(system, millis)
    for (const { title, rules, write } of FORMATS) {
      const file: FileToImport = { ...millis, path: path.join(system.filesDir, 'dates.csv'), rules }
      await writeFile(file.path, world, { writeDate: write })
      const pairs = await measurePairs(options.pairs, {
        ours: async () => importIntoEmpty(system, file),
        theirs: async () => importIntoEmpty(system, millis),
      })
      results.push({ title, ...compareTimes(pairs), ...(await timeReading(file)) })
      await removeUploads(system)
    }
    const usual = await timeReading(millis)
    printTable(
      bench,
      [
        'dates',
        'import, s',
        'with epoch ms, s',
        'ratio of rates',
        'read, s',
        'map, s',
        'read and map with epoch ms, s',
      ],
      results.map(({ title, ours_seconds, theirs_seconds, ratio, read, map }) => [
        title,
        ours_seconds,
        theirs_seconds,
        ratio,
        read,
        map,
        usual.read + usual.map,
      ]),
    )
    const figures = FORMATS.map(({ figure }, index) => [figure, results[index]?.ratio ?? NaN] as const)
    return { figures: Object.fromEntries(figures), details: { rows: options.rows, formats: results, millis: usual } }
  } finally {
    for (const name of ['millis.csv', 'dates.csv']) await rm(path.join(system.filesDir, name), { force: true })
    await removeUploads(system)
  }
}

async function importIntoEmpty(system: BenchSystem, file: FileToImport): Promise<number> {
  await emptyTable(system.sql, 'redemption')
  await system.sql.query('CHECKPOINT')
  const { importId, seconds } = await importFile(system, file)
  const { inserted } = await readCounts(system, importId)
  if (inserted !== file.world.coupons) throw new Error(`of ${file.world.coupons} rows ${inserted} were inserted`)
  return seconds
}

/** Writes instants as clocks of a zone show them. Offsets are those of whole hours: none of 2024 changes within one. */
function createLocalWriter(timeZone: string): (ms: number) => string {
  const clocks = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const offsets = new Map<number, number>()
  return (ms) => {
    const hour = Math.floor(ms / 3_600_000) * 3_600_000
    let offset = offsets.get(hour)
    if (offset === undefined) {
      offset = Date.parse(`${clocks.format(hour).replace(' ', 'T')}Z`) - hour
      offsets.set(hour, offset)
    }
    const [date = '', time = ''] = new Date(ms + offset).toISOString().split('T')
    const [year, month, day] = date.split('-')
    return `${day}/${month}/${year} ${time.slice(0, 8)}`
  }
}
