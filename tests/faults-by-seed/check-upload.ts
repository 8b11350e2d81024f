import type { ImportView } from '@importer/client'

import type { GeneratedCase } from '../oracle/generate-case.ts'
import { findDryRunDifferences } from '../oracle/compare-outcome.ts'
import { evaluate, type Evaluation } from '../oracle/reference-model.ts'
import { readFirstJob } from '../support/importer-client.ts'
import { readWholeOutcome, type WholeOutcome } from '../support/recorded-outcome.ts'
import { waitUntil } from '../support/wait-until.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import { checkCopies } from './check-copies.ts'
import type { DisturbedCluster } from './disturbed-cluster.ts'
import type { DrawnUpload } from './draw-step.ts'
import { expectCount } from './expect-count.ts'
import type { MadeUpload } from './made-upload.ts'
import type { PersistentClient } from './persistent-client.ts'
import type { Met, Progress } from './progress.ts'

export interface RunningUpload extends MadeUpload {
  readonly ids: readonly number[]
}

interface Finished {
  readonly view: ImportView
  readonly outcome: WholeOutcome
}

/** What the model makes of a case in an organization that has nothing recorded of it. */
export function evaluateAt(made: GeneratedCase, createdAtMs: number): Evaluation {
  const { mapping, seriesId, referenceRows: reference, records } = made
  return evaluate({ createdAtMs, mapping, seriesId, reference, recorded: [], records })
}

/** Waits until all imports of an upload are over, and holds what they have left behind against the model. */
export async function checkUpload(
  disturbed: DisturbedCluster,
  client: PersistentClient,
  upload: RunningUpload,
  progress: Progress,
): Promise<void> {
  const { ownerUrl } = disturbed
  const { drawn, made, ids } = upload
  const finished: Finished[] = []
  for (const id of ids) finished.push(await readFinished(disturbed, client, upload, id))
  for (const { view } of finished) count(upload, view, progress.met)
  await expectCount(ownerUrl, ids.length, 'SELECT count(*)::int AS n FROM import WHERE series_id = $1', [made.seriesId])
  if (drawn.isDryRun) {
    checkDryRuns(made, finished)
    const real = { made, drawn: { ...drawn, isDryRun: false } }
    const id = await client.upload(real, `case-${made.seed}-behind-its-dry-run`)
    const imported = await readFinished(disturbed, client, real, id)
    checkImports(made, [imported])
    expectSameReports(imported, finished)
    return
  }
  if (checkImports(made, finished).haveCompeted) progress.met.conflicts += 1
  if (drawn.action !== 'revert') {
    remember(drawn, finished, progress)
    return
  }
  for (const id of ids) {
    await client.act(id, 'revert')
    await client.waitFor(id, ({ status }) => status === 'reverted')
    await expectCount(ownerUrl, 0, 'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1', [id])
  }
}

/** What later steps may do with it. */
function remember({ isDeleted }: DrawnUpload, finished: readonly Finished[], progress: Progress): void {
  for (const [copy, { view, outcome }] of finished.entries()) {
    const { rejected } = view.counts
    if (isDeleted && copy === 0) progress.deletable = { view, redemptions: outcome.redemptions.length }
    else if (rejected > 0) progress.retryable = { importId: view.id, rejected }
  }
}

/** Of all imports of a file at once. */
function checkImports(made: GeneratedCase, finished: readonly Finished[]): { haveCompeted: boolean } {
  const createdAtMs = Date.parse(finished.at(-1)?.view.createdAt ?? '')
  const { differences, haveCompeted } = checkCopies(
    finished.map(({ outcome }) => outcome),
    evaluateAt(made, createdAtMs),
    made,
  )
  expectNone(differences, made, finished)
  return { haveCompeted }
}

/** Several at once do not compete: none sees what another one would insert. */
function checkDryRuns(made: GeneratedCase, finished: readonly Finished[]): void {
  const differences = finished.flatMap(({ view, outcome }) =>
    findDryRunDifferences(outcome, evaluateAt(made, Date.parse(view.createdAt)), made.mapping),
  )
  expectNone(differences, made, finished)
}

function expectNone(differences: readonly string[], made: GeneratedCase, finished: readonly Finished[]): void {
  const ids = finished.map(({ view }) => view.id).join()
  if (differences.length > 0)
    throw new BrokenPromiseError(`imports ${ids} of case ${made.seed}:\n${differences.join('\n')}`)
}

/** The reports of a dry run are those of the import then, to the byte. */
function expectSameReports(imported: Finished, dryRuns: readonly Finished[]): void {
  for (const { view, outcome } of dryRuns) {
    for (const name of ['errorsCsv', 'insertedCsv', 'duplicatesCsv'] as const) {
      if (outcome[name] !== imported.outcome[name])
        throw new BrokenPromiseError(
          `${name} of dry run ${view.id} is another one than that of import ${imported.view.id}`,
        )
    }
  }
}

/** What an import has come to, which by either API has to be the same. */
async function readFinished(
  { cluster, ownerUrl }: DisturbedCluster,
  client: PersistentClient,
  { drawn, made }: MadeUpload,
  id: number,
): Promise<Finished> {
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
  if (drawn.api === 'compatible') await checkDocumentedStatus(client, made, { view, outcome })
  return { view, outcome }
}

async function checkDocumentedStatus(
  client: PersistentClient,
  made: GeneratedCase,
  { view, outcome }: Finished,
): Promise<void> {
  const path = `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${made.seriesId}?jobId=${view.id}`
  const job = readFirstJob(await client.send(path, {}))
  const download = async (url: string | null): Promise<string | null> =>
    url === null ? null : Buffer.from(await (await client.read(new URL(url).pathname)).arrayBuffer()).toString('latin1')
  const { rows, inserted, rejected } = view.counts
  const isRight =
    job.jobId === view.id &&
    job.uploadRedeemedCouponStatus === 'COMPLETED' &&
    job.totalUploadedCount === rows &&
    job.actualRowCount === rows &&
    job.errorCount === rejected &&
    (await download(job.errorFileUrl)) === (rejected > 0 ? outcome.errorsCsv : null) &&
    (await download(job.successFileUrl)) === (inserted > 0 ? outcome.insertedCsv : null)
  if (!isRight)
    throw new BrokenPromiseError(`job ${JSON.stringify(job)} and its reports are not import ${JSON.stringify(view)}`)
}

function count({ drawn }: MadeUpload, { counts, attempts }: ImportView, met: Met): void {
  met.imports += 1
  met.rows += counts.rows
  met.takeOvers += attempts - 1
  if (drawn.format === 'gzip') met.gzipFiles += 1
  if (drawn.format === 'workbook') met.workbooks += 1
  if (drawn.isDryRun) met.dryRuns += 1
  if (drawn.api === 'compatible') met.compatibleUploads += 1
}
