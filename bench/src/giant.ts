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
    await cancelImport(system, current)
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

/** Cancels an import; one that is over already (409) is left as it is. */
async function cancelImport({ url, apiKey }: BenchSystem, importId: number): Promise<void> {
  const answer = await fetch(`${url}/v1/imports/${importId}/cancel`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}` },
  })
  const text = await answer.text()
  if (!answer.ok && answer.status !== 409) throw new Error(`import ${importId} was not cancelled: ${text}`)
}
