import type { ReferenceKind } from '@importer/contracts'

import { generateCase, type GeneratedCase } from '../oracle/generate-case.ts'
import { evaluate, type Evaluation } from '../oracle/reference-model.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import { readWholeOutcome, type WholeOutcome } from '../support/recorded-outcome.ts'
import { waitUntil } from '../support/wait-until.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import { checkCopies } from './check-copies.ts'
import { checkRefusal, expectUnavailable } from './check-refusal.ts'
import type { DisturbedCluster } from './disturbed-cluster.ts'
import type { DrawnUpload, Step } from './draw-step.ts'
import { PersistentClient } from './persistent-client.ts'

const COPIES_WITHIN_MS = 5_000

/** What a run has to have met, or it has shown nothing. */
export interface Met {
  /** Batches of a worker that came back to an import which another one had taken. */
  lostFencingTokens: number
  takeOvers: number
  /** Files that were uploaded several times at once, and of which more than one import inserted rows. */
  conflicts: number
  tornUploads: number
  /** Beside those, where the storage is a folder of its own file system: uploads that it had no space for, or was not there for. */
  refusedUploads: number
  /** Beside those: how much there was. */
  imports: number
  rows: number
}

/** How far a run is. */
export interface Progress {
  readonly met: Met
  /** A completed import with rejected rows that nobody has retried yet. */
  retryable: { readonly importId: number; readonly rejected: number } | null
}

interface RunningUpload {
  readonly drawn: DrawnUpload
  readonly made: GeneratedCase
  readonly ids: readonly number[]
}

/** Uploads what was drawn, lets the fault happen amid it, and holds what became of it against the model. */
export async function runStep(disturbed: DisturbedCluster, step: Step, progress: Progress): Promise<void> {
  const { met } = progress
  const { cluster, ownerUrl } = disturbed
  const client = new PersistentClient(cluster.balancer.url)
  const cases = step.uploads.map(makeCase)
  const refused = step.refused === null ? null : makeCase(step.refused)
  for (const { made } of [...cases, ...(refused === null ? [] : [refused])]) await loadReference(client, made)
  const redemption = findRedemption(cases[0]?.made)
  const obstacle = redemption === null ? null : await blockCoupon(ownerUrl, redemption)
  const uploads: RunningUpload[] = []
  for (const { drawn, made } of cases) {
    uploads.push({ drawn, made, ids: await uploadCopies(client, step, drawn, made, met) })
  }
  await obstacle?.waitUntilMet()
  // Copies that stand at the same row when it is released compete for those behind it; a busy machine has one of them far ahead else.
  if ((cases[0]?.drawn.copies ?? 1) > 1) await obstacle?.waitForMore(2, COPIES_WITHIN_MS)
  const actions = uploads.map(async ({ drawn, ids }) => {
    if (drawn.action === 'cancel-and-resume') await cancelAndResume(client, ids[0] ?? 0)
  })
  let retry: Progress['retryable'] = null
  await disturbed.suffer(step, {
    importId: await findLeader(ownerUrl, uploads[0]?.ids ?? []),
    release: async () => obstacle?.remove(),
    async whileStorageRefuses({ url }) {
      if (refused === null) return
      const idempotencyKey = keyOf(step, refused.made, 0)
      await checkRefusal({ client, url, disk: disturbed.disk, made: refused.made, idempotencyKey })
      met.refusedUploads += 1
      if (progress.retryable === null) return
      retry = progress.retryable
      progress.retryable = null
      const response = await client.tryRetry(url, retry.importId)
      // Of a storage that is away nobody can know whether it has the original's file.
      if (!response.ok) await expectUnavailable(`a retry of import ${retry.importId}`, response)
    },
  })
  await Promise.all(actions)
  // There is space again: what was refused is taken under the same key, and a retry finds where to store its file.
  if (refused !== null)
    uploads.push({ ...refused, ids: await uploadCopies(client, step, refused.drawn, refused.made, met) })
  if (retry !== null) await checkRetry(client, retry)
  for (const upload of uploads) await checkUpload(disturbed, client, upload, progress)
  disturbed.logs.check()
  met.lostFencingTokens = disturbed.logs.lostImports
}

interface DrawnCase {
  readonly drawn: DrawnUpload
  readonly made: GeneratedCase
}

function makeCase(drawn: DrawnUpload): DrawnCase {
  // Which lines a record costs that cannot be read is the reader's affair, and has its own tests.
  return { drawn, made: generateCase(drawn.caseSeed, { rows: drawn.rows, nowMs: Date.now(), hasUnreadable: false }) }
}

function keyOf({ number }: Step, { seed }: GeneratedCase, copy: number): string {
  return `step-${number}-case-${seed}-copy-${copy}`
}

async function loadReference(client: PersistentClient, made: GeneratedCase): Promise<void> {
  for (const [kind, csv] of Object.entries(made.reference)) {
    const { rejected } = await client.putReference(kind as ReferenceKind, csv)
    if (rejected > 0) throw new BrokenPromiseError(`${rejected} rows of the ${kind} were rejected`)
  }
}

function evaluateAt(made: GeneratedCase, createdAtMs: number): Evaluation {
  const { mapping, seriesId, referenceRows: reference, records } = made
  return evaluate({ createdAtMs, mapping, seriesId, reference, recorded: [], records })
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

async function uploadCopies(
  client: PersistentClient,
  step: Step,
  { copies, isTorn }: DrawnUpload,
  made: GeneratedCase,
  met: Met,
): Promise<number[]> {
  return Promise.all(
    Array.from({ length: copies }, async (_, copy) => {
      const key = keyOf(step, made, copy)
      if (isTorn && copy === 0) {
        await client.tearUpload(made, key)
        met.tornUploads += 1
      }
      return client.upload(made, key)
    }),
  )
}

/** An import that is over already cannot be cancelled: that is an answer, too. */
async function cancelAndResume(client: PersistentClient, importId: number): Promise<void> {
  await client.act(importId, 'cancel')
  await client.act(importId, 'resume')
}

async function checkUpload(
  disturbed: DisturbedCluster,
  client: PersistentClient,
  { drawn, made, ids }: RunningUpload,
  progress: Progress,
): Promise<void> {
  const { met } = progress
  const { cluster, ownerUrl } = disturbed
  const outcomes: WholeOutcome[] = []
  let createdAtMs = 0
  for (const id of ids) {
    const view = await client.waitFor(id, ({ status }) => status !== 'queued' && status !== 'processing')
    if (view.status !== 'completed')
      throw new BrokenPromiseError(`import ${id} was to be completed: ${JSON.stringify(view)}`)
    const { rows, inserted, duplicates, rejected } = view.counts
    if (rows !== inserted + duplicates + rejected)
      throw new BrokenPromiseError(`the counts of import ${id}: ${JSON.stringify(view)}`)
    // What a fault left disturbed is given up within its time limit: reports are repeated until then, as by any client.
    const outcome = await waitUntil(`the reports of import ${id} could be read`, async () =>
      readWholeOutcome({ client: cluster.client, ownerUrl }, id).catch(() => null),
    )
    outcomes.push(outcome)
    createdAtMs = Date.parse(view.createdAt)
    met.imports += 1
    met.rows += rows
    met.takeOvers += view.attempts - 1
    if (drawn.action !== 'revert' && rejected > 0) progress.retryable = { importId: id, rejected }
  }
  const { differences, haveCompeted } = checkCopies(outcomes, evaluateAt(made, createdAtMs), made)
  if (differences.length > 0)
    throw new BrokenPromiseError(`imports ${ids.join()} of case ${made.seed}:\n${differences.join('\n')}`)
  if (haveCompeted) met.conflicts += 1
  await expectCount(ownerUrl, ids.length, 'SELECT count(*)::int AS n FROM import WHERE series_id = $1', [made.seriesId])
  if (drawn.action !== 'revert') return
  for (const id of ids) {
    await client.act(id, 'revert')
    await client.waitFor(id, ({ status }) => status === 'reverted')
    await expectCount(ownerUrl, 0, 'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1', [id])
  }
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

async function expectCount(ownerUrl: string, wanted: number, sql: string, values: readonly unknown[]): Promise<void> {
  const [row] = await queryOnce<{ n: number }>(ownerUrl, sql, values)
  if (row?.n !== wanted) throw new BrokenPromiseError(`${sql} (${values.join()}) gave ${row?.n}, expected ${wanted}`)
}
