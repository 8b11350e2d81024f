import type { ImportView } from '@importer/client'
import type { DelayCode } from '@importer/contracts'
import { expect } from 'vitest'

import type { ImporterClient } from '../support/importer-client.ts'
import { waitUntil } from '../support/wait-until.ts'

const TIMEOUT_MS = 60_000

/** Polls until the import shows this delay, and gives it as it is shown then. */
export async function waitForDelay(client: ImporterClient, importId: number, code: DelayCode): Promise<ImportView> {
  const shown = await waitUntil(
    `import ${importId} shows ${code}`,
    async () => {
      const view = await client.readImport(importId)
      return view.delay?.code === code ? view : null
    },
    TIMEOUT_MS,
  )
  expect(shown.progress).toMatchObject({ rowsPerSecond: null, etaSeconds: null })
  return shown
}
