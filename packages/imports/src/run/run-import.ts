import { classifyFailure, type ColumnMapping } from '@importer/contracts'
import { readRecords, type ReadOptions, type RecordBlock } from '@importer/csv'
import {
  claimImport,
  clearUnexpectedErrors,
  completeImport,
  countUnexpectedError,
  failImport,
  findImportById,
  isStillToDo,
  readSeriesKind,
  recordDialect,
  yieldImport,
  type ClaimedImport,
  type Database,
  type HeldImport,
  type ImportRecord,
  type ReadingDialect,
  type SeriesKind,
  type SystemDatabase,
} from '@importer/db'
import type { FileStore } from '@importer/file-store'
import { NO_TRACING, runInSpan, type Logger, type Span, type Tracing } from '@importer/runtime'

import { describeLostFile } from './describe-lost-file.ts'
import { createErrorBudget, PermanentImportError } from './error-budget.ts'
import type { Position } from './gathering-batch.ts'
import { logClaim, logCompletion, type ImportObserver } from './import-life.ts'
import type { Partitioning } from './partition-of-row.ts'
import { dialectOf, findDialect, readHeader } from '../upload/find-dialect.ts'
import { createRecordMapper, prepareReading } from '../rules/map-record.ts'
import { chooseStrategy, Partition } from './partition.ts'
import { Pass } from './pass.ts'
import { recordUnavailable, watchDelay, type DelayWatch } from './watch-delay.ts'

interface SliceOptions {
  /** As the import's organization sees it. */
  readonly database: Database
  readonly store: FileStore
  readonly log: Logger
  readonly importId: number
  /** The queue's job that runs this. */
  readonly jobId: string
  readonly partitionCount: number
  readonly batchRows: number
  /** Aborted when the process is to end: the import stops at its checkpoint and yields. */
  readonly signal: AbortSignal
  /** Called between blocks: true ends this time slice at a clean checkpoint, so that others run. */
  readonly shouldYield: () => boolean
  /** The fastest statement that may be used: for tests that hold one against the other. */
  readonly fastestStrategy?: 'first-use' | 'single-use' | 'limited'
  readonly observer?: ImportObserver
  /** Follows the import, where that is wanted. */
  readonly tracing?: Tracing
}

export interface RunImportOptions extends SliceOptions {
  readonly database: SystemDatabase
}

/**
 * `finished`: there is nothing left to do. `yielded`: the import is to go on under the job `jobId`, which the caller
 * queues.
 */
export type RunResult = { readonly status: 'finished' } | { readonly status: 'yielded'; readonly jobId: string }

const FINISHED: RunResult = { status: 'finished' }

/** So many unexpected errors without progress in between fail an import: it would go on for ever. */
const MAX_ERROR_STREAK = 8

/**
 * Takes an import up where its checkpoints stand and carries it to its end, or until it is stopped. Can be run again at
 * any time, by any process. Throws only what another attempt may mend: a database or a store that does not answer.
 */
export async function runImport(options: RunImportOptions): Promise<RunResult> {
  const result = await runSlice(options)
  if (result !== 'nothing-to-do') return result
  // Taken away while it ran, or before it was taken up: the one end of an import that its worker does not make.
  if (options.observer !== undefined) {
    const left = await findImportById(options.database, options.importId)
    if (left?.status === 'cancelled') options.observer.ended('cancelled')
  }
  return FINISHED
}

async function runSlice(options: RunImportOptions): Promise<RunResult | 'nothing-to-do'> {
  const { database, importId, tracing = NO_TRACING } = options
  const known = await findImportById(database, importId)
  if (known === null) return 'nothing-to-do'
  const span = tracing.startSpan('process', {
    kind: 'consumer',
    parent: known.traceparent,
    attributes: { 'redemptions.import.id': importId, 'redemptions.org.id': known.orgId },
  })
  return runInSpan(span, async () => {
    const own = database.forOrganization(known.orgId, importId)
    const result = await runKnown({ ...options, database: own }, known, span)
    span.setAttributes({ 'redemptions.result': typeof result === 'string' ? result : result.status })
    return result
  })
}

async function runKnown(options: SliceOptions, known: ImportRecord, span: Span): Promise<RunResult | 'nothing-to-do'> {
  const { database, log, importId, jobId, observer } = options
  const kind = await readSeriesKind(database, known.orgId, known.seriesId)
  const { partitionCount, by } = choosePartitioning(known.mapping, kind, options)
  let claimed: ClaimedImport | null
  try {
    claimed = await runInSpan(span.startChild('claim'), async () =>
      claimImport(database, { importId, jobId, partitionCount, partitionBy: by }),
    )
  } catch (error) {
    if (await isTakenAway(error, options, known.orgId)) return 'nothing-to-do'
    throw error
  }
  if (claimed === null) return 'nothing-to-do'
  logClaim(log, known, claimed.record)
  if (known.attempts > 0 && claimed.record.attempts > known.attempts) observer?.takenOver()

  const held: HeldImport = { importId, fencingToken: claimed.record.fencingToken }
  try {
    return await runClaimed(options, claimed, held, span)
  } catch (error) {
    const failure = error instanceof PermanentImportError ? error : describeLostFile(error)
    if (failure !== null) {
      const { code, message } = failure
      span.setAttributes({ 'redemptions.failure.code': code })
      const isFailed = await failImport(database, held, { code, message })
      if (isFailed) log.warn({ importId, orgId: known.orgId, code, err: error }, 'import failed')
      return endAs('failed', options, isFailed)
    }
    if (await isTakenAway(error, options, known.orgId, held.fencingToken)) return 'nothing-to-do'
    if (classifyFailure(error) === 'unavailable') {
      await recordUnavailable({ database, held, log }, error)
      throw error
    }
    log.error({ importId, orgId: known.orgId, err: error }, 'unexpected error in an import')
    const streak = await countUnexpectedError(database, held)
    if (streak === null) return 'nothing-to-do'
    if (streak < MAX_ERROR_STREAK) throw error
    const isEnded = await failImport(database, held, {
      code: 'INTERNAL_ERROR',
      message: `The import was stopped after ${streak} unexpected errors. What it inserted is kept; see the worker's log.`,
    })
    if (isEnded) log.error({ importId, orgId: known.orgId, code: 'INTERNAL_ERROR', streak }, 'import failed')
    return endAs('failed', options, isEnded)
  }
}

function endAs(
  status: 'completed' | 'failed',
  { observer }: SliceOptions,
  isEnded: boolean,
): RunResult | 'nothing-to-do' {
  if (!isEnded) return 'nothing-to-do'
  observer?.ended(status)
  return FINISHED
}

/** An action takes an import away by cancelling the statement that is in its way: that is no failure. */
async function isTakenAway(
  error: unknown,
  { database, log, importId }: SliceOptions,
  orgId: number,
  fencingToken?: number,
): Promise<boolean> {
  if (classifyFailure(error) !== 'unavailable') return false
  // Where the database cannot say, what happened before is what counts.
  if (await isStillToDo(database, importId, fencingToken).catch(() => true)) return false
  log.info({ importId, orgId }, 'an import was taken away by an action')
  return true
}

/**
 * Without a limit a row competes with its equals alone. Otherwise with those of its coupon, and one that rows may name in
 * two ways has no partition of its own before it is looked up: such files have one partition.
 */
function choosePartitioning(
  { positions }: ColumnMapping,
  kind: SeriesKind | null,
  { partitionCount }: SliceOptions,
): Partitioning {
  if (kind === 'unlimited') return { partitionCount, by: 'redemption' }
  const hasTwoNames = positions.couponId !== undefined && positions.couponCode !== undefined
  return { partitionCount: hasTwoNames ? 1 : partitionCount, by: 'coupon' }
}

async function runClaimed(
  options: SliceOptions,
  claimed: ClaimedImport,
  held: HeldImport,
  span: Span,
): Promise<RunResult | 'nothing-to-do'> {
  const watch = watchDelay({ ...options, held })
  try {
    return await runWatched(options, claimed, held, { watch, span })
  } finally {
    watch.stop()
  }
}

async function runWatched(
  options: SliceOptions,
  claimed: ClaimedImport,
  held: HeldImport,
  { watch, span }: { readonly watch: DelayWatch; readonly span: Span },
): Promise<RunResult | 'nothing-to-do'> {
  const { database, store } = options
  const { record } = claimed
  watch.waitFor('STORAGE_UNAVAILABLE')
  const dialect = dialectOf(record) ?? (await inspectFile(store, record.fileKey, record.mapping))
  const header = await readHeader(store, record.fileKey, dialect)
  watch.waitFor('DATABASE_BUSY')
  if (record.delimiter === null && !(await recordDialect(database, held, dialect))) return 'nothing-to-do'

  const kind = await readSeriesKind(database, record.orgId, record.seriesId)
  if (kind === null) {
    throw new PermanentImportError('SERIES_MISSING', 'The series of this import is gone; expected it to exist.')
  }
  const mapper = createRecordMapper(await prepareReading(record.mapping, record.createdAt.getTime(), header))
  const budget = createErrorBudget(record)
  const context = {
    database,
    held,
    orgId: record.orgId,
    seriesId: record.seriesId,
    mapper,
    strategy: chooseStrategy(kind, options.fastestStrategy),
    dryRun: record.dryRun,
    batchRows: Math.min(options.batchRows, budget.maxBatchRows),
    observer: options.observer,
    span,
  }
  const partitions = claimed.partitions.map((checkpoint) => new Partition(context, checkpoint))
  const pass = new Pass(partitions, mapper, budget, record.partitionBy, dialect.start)

  let stopped: 'lost' | 'yield' | null = null
  let progressed = false
  try {
    const reading = { delimiter: dialect.delimiter, header, recordsAreLines: record.mapping.isWorkbook === true }
    watch.waitFor('STORAGE_UNAVAILABLE')
    for await (const block of readFrom(store, record.fileKey, reading, pass.start)) {
      watch.waitFor('DATABASE_BUSY')
      await pass.take(block)
      stopped = pass.isLost ? 'lost' : options.signal.aborted || options.shouldYield() ? 'yield' : null
      if (stopped !== null) break
      if (!progressed && pass.committed.rows > 0) {
        progressed = true
        await clearUnexpectedErrors(database, held)
      }
      watch.waitFor('STORAGE_UNAVAILABLE')
    }
    watch.waitFor('DATABASE_BUSY')
    if (stopped === null || stopped === 'yield') await pass.flush(stopped === 'yield')
  } finally {
    // A partition's batch must not outlive this call: whatever comes next reads the checkpoints.
    await Promise.allSettled(partitions.map(async (partition) => partition.settle()))
  }
  for (const partition of partitions) await partition.settle()
  if (pass.isLost) stopped = 'lost'
  if (stopped === null || stopped === 'yield') budget.check(pass.committed)

  switch (stopped) {
    case 'lost':
      options.log.info(
        { ...held, orgId: record.orgId },
        'this worker has lost the import: another worker or an action has taken it, and it writes nothing more of it',
      )
      return 'nothing-to-do'
    case 'yield': {
      const next = await yieldImport(database, held)
      return next === null ? 'nothing-to-do' : { status: 'yielded', jobId: next.jobId }
    }
    case null: {
      const isCompleted = await runInSpan(span.startChild('complete', { 'redemptions.rows': pass.rows }), async () =>
        completeImport(database, held, pass.rows),
      )
      if (isCompleted) await logCompletion(database, options.log, held.importId)
      return endAs('completed', options, isCompleted)
    }
  }
}

async function inspectFile(store: FileStore, fileKey: string, mapping: ColumnMapping): Promise<ReadingDialect> {
  const result = await findDialect(store, fileKey, mapping)
  if (!result.ok) throw new PermanentImportError(result.code, result.message)
  return { delimiter: result.delimiter, hasHeader: result.hasHeader, start: result.start }
}

async function* readFrom(
  store: FileStore,
  fileKey: string,
  reading: Pick<ReadOptions, 'delimiter' | 'header' | 'recordsAreLines'>,
  start: Position,
): AsyncGenerator<RecordBlock> {
  yield* readRecords(store.read(fileKey, { start: start.byte }) as AsyncIterable<Uint8Array>, {
    ...reading,
    from: { byteOffset: start.byte, line: start.line },
  })
}
