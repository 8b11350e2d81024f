import { removeUploads } from './bench.ts'
import type { BenchSystem } from './bench-system.ts'
import { uploadFile, watchImports, type FileToImport, type ImportWatch } from './import-run.ts'
import { emptyTable } from './redemption-tables.ts'

/** A big import that runs while something else is measured. */
export interface Giant {
  /** Starts it anew, on empty tables, and resolves with its id when a worker has it. */
  start(): Promise<number>
  isRunning(): Promise<boolean>
  /** Cancels it if it runs, and waits for its end. */
  stop(): Promise<void>
  close(): Promise<void>
}

const OVER = ['completed', 'failed', 'cancelled']

export async function createGiant(system: BenchSystem, file: FileToImport): Promise<Giant> {
  const watch: ImportWatch = await watchImports(system)
  let current: number | null = null

  async function stop(): Promise<void> {
    if (current === null) return
    await system.sql.query('UPDATE import SET cancel_requested_at = now() WHERE id = $1', [current])
    await watch.until(current, OVER)
    current = null
    await removeUploads(system)
  }

  return {
    async start() {
      await stop()
      for (const table of ['redemption', 'rejected_row', 'duplicate_row']) await emptyTable(system.sql, table)
      current = await uploadFile(system, file)
      await watch.until(current, ['processing', ...OVER])
      return current
    },
    isRunning: async () => current !== null && (await watch.readStatus(current)) === 'processing',
    stop,
    async close() {
      await stop()
      await watch.close()
    },
  }
}
