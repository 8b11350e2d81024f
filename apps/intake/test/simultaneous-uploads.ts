import { describe, expect, test } from 'vitest'

import { postNative } from './native-upload.ts'
import type { TestIntake } from './start-intake.ts'
import { postGood } from './upload.ts'

const AT_ONCE = 12

type Post = (intake: TestIntake, file: string, n: number) => Promise<Response>
const WAYS_TO_UPLOAD: [name: string, post: Post, acceptedStatus: number][] = [
  ['to the native API', (intake, file) => postNative(intake, file), 202],
  ['each with a key', (intake, file, n) => postNative(intake, file, { headers: { 'Idempotency-Key': `${n}` } }), 202],
  [
    'of which none may be there before',
    (intake, file) => postNative(intake, file, { fields: { onSameFile: 'reject' } }),
    202,
  ],
  ['to the compatible API', (intake, file) => postGood(intake, file), 200],
]

export interface UploadLimit {
  readonly intake: () => TestIntake
  /** Another file each time. */
  readonly makeFile: () => string
  /** How many of such files are taken. */
  readonly limit: number
  readonly refusal: { readonly status: number; readonly code: string; readonly retryAfter: string | null }
}

/** Requests by each way to upload, at the same time: as many are taken as may be, and of the others nothing is stored. */
export function testSimultaneousUploads({ intake, makeFile, limit, refusal }: UploadLimit): void {
  describe('of uploads at the same time as many are taken as may be, and of the others nothing is stored', () => {
    test.each(WAYS_TO_UPLOAD)('%s', async (_name, post, acceptedStatus) => {
      const before = await intake().countStored()
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => post(intake(), makeFile(), n)))
      const refused = answers.filter(({ status }) => status === refusal.status)
      const accepted = answers.filter(({ status }) => status === acceptedStatus)
      expect([accepted.length, refused.length]).toEqual([limit, AT_ONCE - limit])
      for (const { headers } of refused) expect(headers.get('retry-after')).toBe(refusal.retryAfter)
      for (const answer of refused) expect(await answer.text()).toContain(refusal.code)
      // A job may be added after the answer, where the queue is slow.
      await expect
        .poll(intake().countStored)
        .toEqual({ imports: before.imports + limit, files: before.files + limit, jobs: before.jobs + limit })
    })
  })
}
