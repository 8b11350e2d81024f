import type { BenchSystem } from './bench-system.ts'
import { watchImports } from './import-run.ts'

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
