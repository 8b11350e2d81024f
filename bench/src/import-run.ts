import { setTimeout as delay } from 'node:timers/promises'

import { openFile } from '@importer/client/terminal'
import type { CellRules } from '@importer/contracts'

import { connect, type BenchSystem } from './bench-system.ts'
import { describeColumns, type World } from './world.ts'

export interface FileToImport {
  readonly path: string
  readonly world: World
  readonly byId: boolean
  readonly dryRun?: boolean
  /** How its cells are to be read, as fields of the upload. */
  readonly rules?: CellRules
}

export interface FinishedImport {
  readonly importId: number
  /** from the upload's answer to COMPLETED */
  readonly seconds: number
  /** from the beginning of the request to COMPLETED */
  readonly secondsFromRequest: number
}

/**
 * How often the database is asked for an import's status, by its key, over a connection of its own: a look costs it
 * some 0.1 ms, and a measured time is too long by half of this on average.
 */
const POLL_MS = 20
const TIMEOUT_MS = 3 * 3_600_000

export async function uploadFile(
  { client }: BenchSystem,
  { path, world, byId, dryRun = false, rules = {} }: FileToImport,
): Promise<number> {
  const form = new FormData()
  form.set('customerIdentifier', byId ? 'USER_ID' : 'MOBILE')
  form.set('couponIdentifier', byId ? 'COUPON_ID' : 'COUPON_CODE')
  form.set('uploadHeaders', describeColumns(byId))
  form.set('dryRun', String(dryRun))
  for (const [name, value] of Object.entries(rules)) form.set(name, String(value))
  form.set('file', await openFile(path), 'redemptions.csv')
  const { id } = await client.createImport({ seriesId: String(world.seriesId), body: form })
  return id
}

/** Uploads a file and waits for its end. Throws when that is not a completed one. */
export async function importFile(system: BenchSystem, file: FileToImport, pollMs = POLL_MS): Promise<FinishedImport> {
  const watch = await watchImports(system, pollMs)
  try {
    const requestedAt = performance.now()
    const importId = await uploadFile(system, file)
    const answeredAt = performance.now()
    await watch.untilCompleted(importId)
    const completedAt = performance.now()
    return {
      importId,
      seconds: (completedAt - answeredAt) / 1000,
      secondsFromRequest: (completedAt - requestedAt) / 1000,
    }
  } finally {
    await watch.close()
  }
}

export interface ImportWatch {
  readStatus(importId: number): Promise<string>
  /** Resolves when the import has any of these states. Throws when it has failed instead. */
  until(importId: number, states: readonly string[]): Promise<string>
  untilCompleted(importId: number): Promise<void>
  close(): Promise<void>
}

/** Looks at imports in the database, where their state is first known. */
export async function watchImports({ ownerUrl }: BenchSystem, pollMs = POLL_MS): Promise<ImportWatch> {
  const sql = await connect(ownerUrl)
  const read = async (importId: number): Promise<{ status: string; failure_message: string | null }> => {
    const { rows } = await sql.query<{ status: string; failure_message: string | null }>({
      name: 'status',
      text: 'SELECT status, failure_message FROM import WHERE id = $1',
      values: [importId],
    })
    return rows[0] ?? { status: 'missing', failure_message: null }
  }
  const until = async (importId: number, states: readonly string[]): Promise<string> => {
    const deadline = performance.now() + TIMEOUT_MS
    for (;;) {
      const { status, failure_message } = await read(importId)
      if (states.includes(status)) return status
      if (status === 'failed' || status === 'missing')
        throw new Error(`import ${importId} is ${status}: ${failure_message}`)
      if (performance.now() > deadline) throw new Error(`import ${importId} does not come to its end`)
      await delay(pollMs)
    }
  }
  return {
    readStatus: async (importId) => (await read(importId)).status,
    until,
    untilCompleted: async (importId) => {
      await until(importId, ['completed'])
    },
    close: async () => sql.end(),
  }
}

export interface Counts {
  readonly inserted: number
  readonly rejected: number
  readonly duplicates: number
}

export async function readCounts({ sql }: BenchSystem, importId: number): Promise<Counts> {
  const { rows } = await sql.query<Counts>(
    `SELECT coalesce(sum(inserted), 0)::int AS inserted, coalesce(sum(rejected), 0)::int AS rejected,
            coalesce(sum(duplicates), 0)::int AS duplicates
     FROM import_lane WHERE import_id = $1`,
    [importId],
  )
  return rows[0] ?? { inserted: 0, rejected: 0, duplicates: 0 }
}

/** Reverts an import and waits until nothing of it is recorded. */
export async function revertImport(system: BenchSystem, importId: number): Promise<void> {
  const { url, apiKey } = system
  const answer = await fetch(`${url}/v1/imports/${importId}/revert`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}` },
  })
  if (!answer.ok) throw new Error(`a revert was answered with ${answer.status}`)
  const watch = await watchImports(system)
  try {
    await watch.until(importId, ['reverted'])
  } finally {
    await watch.close()
  }
}
