import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { waitForImport, type ImporterClient, type ImportView } from '@importer/client'
import { createProgressDisplay, openFile } from '@importer/client/terminal'
import { DEMO_COLUMNS, describeDemo, writeRedemptions, writeReference, type DemoWorld } from '@importer/demo-data'

import type { Steps } from './steps.ts'

/** What has to be there before what. */
const REFERENCE_ORDER = ['series', 'customers', 'tills', 'coupons'] as const
const SERIES_PER_RUN = 2

export interface ImportDemoOptions {
  readonly client: ImporterClient
  /** the instance's; files are written to a folder of the run in it */
  readonly dataDir: string
  readonly rows: number
  readonly seed: number
  readonly steps: Steps
  readonly signal: AbortSignal
}

export interface ImportedDemo {
  readonly world: DemoWorld
  readonly view: ImportView
  /** the CSV that was uploaded */
  readonly file: string
  /** from the upload's answer to the import's end, by the clock that both have in common */
  readonly importSeconds: number
}

/** Makes demo data for the next run of this instance, loads and uploads it over HTTP, and waits for the end. */
export async function importDemoData(options: ImportDemoOptions): Promise<ImportedDemo> {
  const { client, dataDir, rows, seed, steps, signal } = options
  const run = Math.floor((await client.countReference({ kind: 'series' })).count / SERIES_PER_RUN) + 1
  const world = describeDemo({ seed, rows, run })
  const folder = path.join(dataDir, `run-${run}`)
  await mkdir(folder, { recursive: true })

  for (const kind of REFERENCE_ORDER) {
    const file = path.join(folder, `${kind}.csv`)
    await steps.run(`Load ${kind}`, async () => {
      await pipeline(Readable.from(writeReference(world, kind)), createWriteStream(file))
      const { rejected, errors } = await client.loadReference({ kind, body: await openFile(file) })
      if (rejected > 0) throw new Error(`${rejected} of the demo's ${kind} were rejected: ${errors[0]?.message}`)
    })
  }

  const file = path.join(folder, 'redemptions.csv')
  await steps.run(`Write a CSV of ${rows.toLocaleString('en-US')} redemptions`, async () => {
    await pipeline(Readable.from(writeRedemptions(world)), createWriteStream(file))
  })
  const { id } = await steps.run('Upload it', async () => {
    const form = new FormData()
    form.set('customerIdentifier', 'MOBILE')
    form.set('couponIdentifier', 'COUPON_CODE')
    form.set('uploadHeaders', JSON.stringify(DEMO_COLUMNS))
    form.set('file', await openFile(file), path.basename(file))
    return client.createImport({ seriesId: String(world.seriesId), body: form })
  })
  const answeredAtMs = Date.now()
  const view = await steps.run('Import it', async () => {
    const display = createProgressDisplay(process.stdout)
    try {
      return await waitForImport(client, id, { onProgress: (progress) => display.update(progress), signal })
    } finally {
      display.stop()
    }
  })
  const endedAtMs = view.finishedAt === null ? Date.now() : Date.parse(view.finishedAt)
  return { world, view, file, importSeconds: Math.max(1, endedAtMs - answeredAtMs) / 1000 }
}
