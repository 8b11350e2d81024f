import type { ReferenceKind } from '@importer/contracts'

import type { GeneratedCase } from '../oracle/generate-case.ts'
import { blockCoupon, blockDryCoupon } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import { checkDeletion } from './check-deletion.ts'
import { checkRefusal, expectUnavailable } from './check-refusal.ts'
import { checkUpload, evaluateAt, type RunningUpload } from './check-upload.ts'
import type { DisturbedCluster } from './disturbed-cluster.ts'
import type { Step } from './draw-step.ts'
import { makeUpload, type MadeUpload } from './made-upload.ts'
import { PersistentClient } from './persistent-client.ts'
import type { Met, Progress } from './progress.ts'

const COPIES_WITHIN_MS = 5_000

/** Uploads what was drawn, lets the fault happen amid it, and holds what became of it against the model. */
export async function runStep(disturbed: DisturbedCluster, step: Step, progress: Progress): Promise<void> {
  const { met } = progress
  const { cluster, ownerUrl } = disturbed
  const client = new PersistentClient(cluster.balancer.url)
  const cases = await Promise.all(step.uploads.map(makeUpload))
  const late = step.late === null ? null : await makeUpload(step.late)
  for (const { made } of [...cases, ...(late === null ? [] : [late])]) await loadReference(client, made)
  const redemption = findRedemption(cases[0]?.made)
  const block = cases[0]?.drawn.isDryRun === true ? blockDryCoupon : blockCoupon
  const obstacle = redemption === null ? null : await block(ownerUrl, redemption)
  const uploads: RunningUpload[] = []
  for (const made of cases) uploads.push({ ...made, ids: await uploadCopies(client, step, made, met) })
  await obstacle?.waitUntilMet()
  // Copies that stand at the same row when it is released compete for those behind it; a busy machine has one of them far ahead else.
  if ((cases[0]?.drawn.copies ?? 1) > 1) await obstacle?.waitForMore(2, COPIES_WITHIN_MS)
  const actions = uploads.map(async ({ drawn, ids }) => {
    if (drawn.action === 'cancel-and-resume') await cancelAndResume(client, ids[0] ?? 0)
  })
  const { deletable } = progress
  progress.deletable = null
  if (deletable !== null) actions.push(client.delete(deletable.view.id))
  let retry: Progress['retryable'] = null
  const fault = disturbed.suffer(step, {
    importId: await findLeader(ownerUrl, uploads[0]?.ids ?? []),
    release: async () => obstacle?.remove(),
    async whileStorageRefuses({ url }) {
      if (late === null) return
      const idempotencyKey = keyOf(step, late, 0)
      await checkRefusal({ client, url, disk: disturbed.disk, upload: late, idempotencyKey })
      met.refusedUploads += 1
      if (progress.retryable === null) return
      retry = progress.retryable
      progress.retryable = null
      const response = await client.tryRetry(url, retry.importId)
      // Of a storage that is away nobody can know whether it has the original's file.
      if (!response.ok) await expectUnavailable(`a retry of import ${retry.importId}`, response)
    },
    async whileStorageIsSlow({ url }) {
      if (late === null) return
      const response = await client.tryUpload(url, late, keyOf(step, late, 0))
      if (!response.ok)
        throw new BrokenPromiseError(`an upload while S3 was slow got ${response.status} ${await response.text()}`)
      met.slowUploads += 1
    },
  })
  await Promise.all([fault, ...actions])
  // What was refused is taken under the same key, what was taken slowly is the same import, and a retry finds where to store its file.
  if (late !== null) uploads.push({ ...late, ids: await uploadCopies(client, step, late, met) })
  if (retry !== null) await checkRetry(client, retry)
  if (deletable !== null) {
    await checkDeletion(ownerUrl, client, deletable)
    met.deletions += 1
  }
  for (const upload of uploads) await checkUpload(disturbed, client, upload, progress)
  disturbed.logs.check()
  met.lostFencingTokens = disturbed.logs.lostImports
}

function keyOf({ number }: Step, { made }: MadeUpload, copy: number): string {
  return `step-${number}-case-${made.seed}-copy-${copy}`
}

async function loadReference(client: PersistentClient, made: GeneratedCase): Promise<void> {
  for (const [kind, csv] of Object.entries(made.reference)) {
    const { rejected } = await client.putReference(kind as ReferenceKind, csv)
    if (rejected > 0) throw new BrokenPromiseError(`${rejected} rows of the ${kind} were rejected`)
  }
}

/**
 * Of the copies of a file the one that has inserted most, which the others follow: where it is taken away from its worker, another one
 * inserts what is left.
 */
async function findLeader(ownerUrl: string, ids: readonly number[]): Promise<number> {
  const [leader] = await queryOnce<{ id: number }>(
    ownerUrl,
    'SELECT import_id AS id FROM import_lane WHERE import_id = ANY ($1::int[]) GROUP BY import_id ORDER BY sum(inserted) DESC LIMIT 1',
    [ids],
  )
  return leader?.id ?? ids[0] ?? 0
}

/** One in the middle of the file, as blockCoupon takes it: the first of its coupon. Null: the file inserts nothing. */
function findRedemption(made: GeneratedCase | undefined): string | null {
  if (made === undefined) return null
  const firsts = new Map<string, string>()
  for (const { outcome, redemption } of evaluateAt(made, Date.now()).rows) {
    if (outcome !== 'inserted' || redemption === null || firsts.has(redemption.couponId)) continue
    const { couponId, customerId, tillId, redeemedAtMs } = redemption
    firsts.set(couponId, [couponId, customerId, tillId, redeemedAtMs].join('/'))
  }
  return [...firsts.values()][Math.floor(firsts.size / 2)] ?? null
}

async function uploadCopies(client: PersistentClient, step: Step, upload: MadeUpload, met: Met): Promise<number[]> {
  return Promise.all(
    Array.from({ length: upload.drawn.copies }, async (_, copy) => {
      const key = keyOf(step, upload, copy)
      if (upload.drawn.isTorn && copy === 0) {
        await client.tearUpload(upload, key)
        met.tornUploads += 1
      }
      return client.upload(upload, key)
    }),
  )
}

/** An import that is over already cannot be cancelled: that is an answer, too. */
async function cancelAndResume(client: PersistentClient, importId: number): Promise<void> {
  await client.act(importId, 'cancel')
  await client.act(importId, 'resume')
}

/** The rejected rows of its original are all it is made of. */
async function checkRetry(
  client: PersistentClient,
  { importId, rejected }: NonNullable<Progress['retryable']>,
): Promise<void> {
  const id = await client.retryRejected(importId)
  const view = await client.waitFor(id, ({ status }) => status !== 'queued' && status !== 'processing')
  if (view.status !== 'completed' || view.counts.rows !== rejected)
    throw new BrokenPromiseError(`retry ${id} of ${rejected} rows was to be completed: ${JSON.stringify(view)}`)
}
