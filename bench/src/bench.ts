import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'

import { IDENTITY_KEY } from '@importer/file-store'

import type { BenchSystem } from './bench-system.ts'
import type { RawEnvironment } from './env.ts'
import type { BenchOptions } from './options.ts'
import { renderTable, type Cell } from './table.ts'

/** What a suite gets. */
export interface Bench {
  readonly system: BenchSystem
  readonly options: BenchOptions
  /** Starts another system beside it, with these variables over its own; it is stopped with the suite's system at the latest. */
  readonly startAnother: (env: RawEnvironment) => Promise<BenchSystem>
  readonly print: (line: string) => void
}

/** Figures as the issue names them, and everything that they were made of. */
export interface SuiteResult {
  readonly figures: Readonly<Record<string, number | null>>
  readonly details: object
}

export function printTable({ print }: Bench, head: readonly string[], rows: readonly (readonly Cell[])[]): void {
  for (const line of renderTable(head, rows)) print(`  ${line}`)
}

/**
 * Removes what was uploaded: imports that are over do not need it any more, and the disk is not endless. The store's own
 * identity stays: without it no upload is taken.
 */
export async function removeUploads({ dataDir }: BenchSystem): Promise<void> {
  const uploads = path.join(dataDir, 'uploads')
  const entries = await readdir(uploads, { recursive: true, withFileTypes: true })
  for (const entry of entries)
    if (entry.isFile() && entry.name !== path.basename(IDENTITY_KEY))
      await rm(path.join(entry.parentPath, entry.name), { force: true })
}
