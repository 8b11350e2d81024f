import { setTimeout as delay } from 'node:timers/promises'

import {
  commitPartitionBatch,
  isConcurrencyConflict,
  readSeriesKind,
  type BatchColumns,
  type BatchResult,
  type Database,
  type HeldImport,
  type PartitionCheckpoint,
  type SeriesKind,
  type Strategy,
} from '@importer/db'
import { runInSpan, type Span } from '@importer/runtime'

import { GatheringBatch, type Position } from './gathering-batch.ts'
import type { ImportObserver } from './import-life.ts'
import type { RecordMapper } from '../rules/map-record.ts'

export interface PartitionContext {
  readonly database: Database
  readonly held: HeldImport
  readonly orgId: number
  readonly seriesId: bigint
  readonly mapper: RecordMapper
  /** How rows are evaluated at first: a batch that finds this wrong is evaluated otherwise. */
  readonly strategy: Strategy
  readonly dryRun: boolean
  /** The most rows of a batch. */
  readonly batchRows: number
  readonly observer?: ImportObserver | undefined
  /** Of the time slice: a batch is a step of it. */
  readonly span: Span
}

/** So that the database has something to do while the first rows of a file are read. */
const FIRST_BATCH_ROWS = 1_000

/** How often a batch is sent again because another import was in its way; each time that import made progress. */
const MAX_CONFLICTS = 200
const MAX_CONFLICT_PAUSE_MS = 20

/**
 * One partition of an import: gathers its rows in file order and commits them batch by batch, one batch at a time, while the
 * next is gathered.
 */
export class Partition {
  readonly #context: PartitionContext
  #checkpoint: PartitionCheckpoint
  /** Rows gathered and not yet on their way. */
  readonly batch: GatheringBatch
  #batchRows: number
  #strategy: Strategy
  #inFlight: Promise<void> = Promise.resolve()
  #failure: { error: unknown } | null = null
  #isLost = false
  #committed = { rows: 0, rejected: 0 }

  constructor(context: PartitionContext, checkpoint: PartitionCheckpoint) {
    this.#context = context
    this.#checkpoint = checkpoint
    this.batch = new GatheringBatch(context.mapper)
    this.#batchRows = Math.min(FIRST_BATCH_ROWS, context.batchRows)
    this.#strategy = context.strategy
  }

  get checkpoint(): PartitionCheckpoint {
    return this.#checkpoint
  }

  /** Whether what was gathered makes a batch. Each is twice as large as the one before it, up to the most. */
  get isFull(): boolean {
    return this.batch.size >= this.#batchRows
  }

  /** The partition takes no more: the import was cancelled, or another worker has it. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** What this partition has committed since it was taken up. */
  get committed(): { readonly rows: number; readonly rejected: number } {
    return this.#committed
  }

  /**
   * Sends what was gathered, once the batch before it is committed; everything of this partition before `next` is in it.
   * Rejects with what an earlier batch failed with.
   */
  async send(next: Position): Promise<void> {
    await this.settle()
    if (this.#isLost) return
    this.#batchRows = Math.min(this.#batchRows * 2, this.#context.batchRows)
    const to = { partition: this.#checkpoint.partition, nextRow: next.row, nextByte: next.byte, nextLine: next.line }
    this.#inFlight = this.#commit(this.batch.take(), to).catch((error: unknown) => {
      this.#failure ??= { error }
    })
  }

  /** Waits for the batch under way. Rejects with what it failed with. */
  async settle(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== null) throw this.#failure.error
  }

  async #commit(columns: BatchColumns, to: PartitionCheckpoint): Promise<void> {
    const sentAt = performance.now()
    const result = await this.#trace(async () => this.#sendUntilFree(columns, to))
    if (result.status === 'lost') {
      this.#isLost = true
      return
    }
    this.#context.observer?.batchCommitted(result, (performance.now() - sentAt) / 1000)
    this.#checkpoint = to
    this.#committed = {
      rows: this.#committed.rows + result.inserted + result.duplicates + result.rejected,
      rejected: this.#committed.rejected + result.rejected,
    }
  }

  async #trace(send: () => Promise<BatchResult>): Promise<BatchResult> {
    const span = this.#context.span.startChild('batch', { 'redemptions.partition': this.#checkpoint.partition })
    return runInSpan(span, async () => {
      const result = await send()
      if (result.status === 'committed') {
        span.setAttributes({
          'redemptions.rows.inserted': result.inserted,
          'redemptions.rows.duplicate': result.duplicates,
          'redemptions.rows.rejected': result.rejected,
        })
      }
      return result
    })
  }

  async #sendUntilFree(columns: BatchColumns, to: PartitionCheckpoint): Promise<BatchResult> {
    const { database, held, orgId, seriesId, dryRun } = this.#context
    const batch = { held, orgId, seriesId, from: this.#checkpoint, to, columns }
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        const result = await commitPartitionBatch(database, batch, { strategy: this.#strategy, dryRun })
        // Not committed also when the series' limit has been changed meanwhile.
        if (result.status === 'committed' || !(await this.#hasSeriesChanged())) return result
      } catch (error) {
        if (!isConcurrencyConflict(error) || conflicts >= MAX_CONFLICTS) throw error
        // Another import redeems these coupons, too.
        if (this.#strategy === 'first-use') this.#strategy = 'single-use'
        else await delay(Math.random() * MAX_CONFLICT_PAUSE_MS)
      }
    }
  }

  /** Whether its rows have to be evaluated otherwise from here on. */
  async #hasSeriesChanged(): Promise<boolean> {
    const { database, orgId, seriesId } = this.#context
    const kind = await readSeriesKind(database, orgId, seriesId)
    if (kind === null || kind === (this.#strategy === 'first-use' ? 'single-use' : this.#strategy)) return false
    this.#strategy = kind
    return true
  }
}

/** Which statement evaluates the rows of a series of that kind. */
export function chooseStrategy(kind: SeriesKind, fastest: Strategy = 'first-use'): Strategy {
  return kind === 'single-use' ? fastest : kind
}
