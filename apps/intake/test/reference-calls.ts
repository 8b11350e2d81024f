import type { ReferenceKind, ReferenceLoadResult } from '@importer/contracts'
import { expect } from 'vitest'

import { sendCall } from './operation-calls.ts'
import { readJson } from './read-json.ts'
import type { TestIntake } from './start-intake.ts'

/** Loads reference data, and shows an item of it or null, by the native API. */
export function referenceCalls(intake: TestIntake) {
  return {
    async load(kind: ReferenceKind, body: string): Promise<ReferenceLoadResult> {
      const response = await sendCall(intake, 'loadReference', { params: { kind }, body })
      expect(response.status).toBe(200)
      return readJson(response)
    },
    async show(kind: ReferenceKind, id: number): Promise<unknown> {
      const response = await sendCall(intake, 'showReference', { params: { kind, id } })
      return response.status === 404 ? null : readJson(response)
    },
  }
}
