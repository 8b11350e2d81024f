import { Readable } from 'node:stream'

import type { ColumnMapping, ReferenceKind } from '@importer/contracts'
import { createImport, findImportById, openDatabase, requestRevert, type SystemDatabase } from '@importer/db'
import { loadReference, runImport, runRevert, streamOutcomeReport } from '@importer/imports'
import type { DatabaseUrls } from '@importer/embedded-postgres'
import { createFileStore } from '@importer/file-store'
import { createLog } from '@importer/runtime'
import { expect } from 'vitest'

import { readRecordedOutcome, type WholeOutcome } from './recorded-outcome.ts'
import { TEST_ACTOR, TEST_ORG } from './running-system.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

export interface DirectFile {
  readonly seriesId: number
  readonly mapping: ColumnMapping
  readonly file: Buffer
  readonly dryRun?: boolean
}

export interface DirectOptions {
  readonly database: DatabaseUrls
  readonly partitionCount?: number
  readonly batchRows?: number
  /** The fastest statement that may be used where a series allows several. */
  readonly fastestStrategy?: 'first-use' | 'single-use' | 'limited'
}

/** Runs imports in this process, one after the other, without HTTP and queue. */
export class DirectImporter {
  readonly database: SystemDatabase
  readonly #options: DirectOptions
  readonly store: Awaited<ReturnType<typeof createFileStore>>
  readonly #log = createLog({ name: 'direct', level: 'silent' })

  private constructor(options: DirectOptions, store: Awaited<ReturnType<typeof createFileStore>>) {
    this.#options = options
    this.store = store
    this.database = openDatabase({
      url: options.database.url,
      applicationName: 'direct',
      maxConnections: 6,
      onConnectionLost: () => undefined,
    })
  }

  static async open(options: DirectOptions): Promise<DirectImporter> {
    const store = await createFileStore({
      storageUrl: undefined,
      dataDir: await makeTemporaryFolder(),
      s3Endpoint: undefined,
    })
    const importer = new DirectImporter(options, store)
    await importer.database.prisma.organization.upsert({
      where: { id: TEST_ORG },
      create: { id: TEST_ORG },
      update: {},
    })
    return importer
  }

  /** Also ends its connections, and so brings what they counted into PostgreSQL's statistics. */
  async close(): Promise<void> {
    await this.database.close()
    await this.store.close()
  }

  async load(bodies: Partial<Record<ReferenceKind, string>>): Promise<void> {
    for (const [kind, csv] of Object.entries(bodies)) {
      const result = await loadReference({
        database: this.database,
        orgId: TEST_ORG,
        kind: kind as ReferenceKind,
        body: Readable.from([Buffer.from(csv)]),
      })
      expect(result).toMatchObject({ rejected: 0, errors: [] })
    }
  }

  /** Carries a file to its end. */
  async import(file: DirectFile): Promise<{ importId: number; createdAtMs: number }> {
    const created = await this.create(file)
    expect(await this.run(created.importId)).toEqual({ status: 'finished' })
    return created
  }

  /** Stores a file and makes its import, which is not begun. */
  async create({ seriesId, mapping, file, dryRun }: DirectFile): Promise<{ importId: number; createdAtMs: number }> {
    const stored = await this.store.write(Readable.from([file]), { maxBytes: 2 ** 30 })
    const record = await createImport(this.database, {
      orgId: TEST_ORG,
      seriesId: BigInt(seriesId),
      fileKey: stored.key,
      fileName: 'coupons.csv',
      bytes: stored.bytes,
      sha256: stored.sha256,
      checksums: stored.checksums,
      mapping,
      details: null,
      metadata: null,
      ...(dryRun === undefined ? {} : { dryRun }),
    })
    return { importId: record.id, createdAtMs: record.createdAt.getTime() }
  }

  /** One attempt, as a job has it. */
  async run(importId: number): ReturnType<typeof runImport> {
    const { partitionCount = 2, batchRows = 23, fastestStrategy = 'first-use' } = this.#options
    return runImport({
      database: this.database,
      store: this.store,
      log: this.#log,
      importId,
      jobId: `direct-${importId}`,
      partitionCount,
      batchRows,
      signal: new AbortController().signal,
      shouldYield: () => false,
      fastestStrategy,
    })
  }

  async revert(importId: number): Promise<void> {
    expect(await requestRevert(this.database, { orgId: TEST_ORG, importId, actor: TEST_ACTOR })).toBe(true)
    await this.goOnReverting(importId)
  }

  /** To its end. */
  async goOnReverting(importId: number): Promise<void> {
    const signal = new AbortController().signal
    await runRevert({ database: this.database, log: this.#log, importId, signal, shouldYield: () => false })
    const record = await findImportById(this.database, importId)
    expect(record?.status).toBe('reverted')
  }

  async readReport(importId: number, outcome: 'rejected' | 'inserted' | 'duplicate'): Promise<string> {
    const importRecord = await findImportById(this.database, importId)
    if (importRecord === null) throw new Error(`import ${importId} is gone`)
    const options = { database: this.database, store: this.store, importRecord, outcome, form: 'program' as const }
    let csv = ''
    for await (const chunk of streamOutcomeReport(options)) csv += chunk
    return Buffer.from(csv).toString('latin1')
  }

  async readOutcome(importId: number): Promise<WholeOutcome> {
    return {
      ...(await readRecordedOutcome(this.#options.database.ownerUrl, importId)),
      errorsCsv: await this.readReport(importId, 'rejected'),
      insertedCsv: await this.readReport(importId, 'inserted'),
      duplicatesCsv: await this.readReport(importId, 'duplicate'),
    }
  }
}
