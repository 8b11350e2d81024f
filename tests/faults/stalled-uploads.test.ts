import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { chooseFreePort } from '@importer/embedded-postgres'
import { expect, it } from 'vitest'

import { forgetPeakMemory, readPeakMemory } from '../attacks/process-memory.ts'
import { ImporterClient } from '../support/importer-client.ts'
import { findOrCreateDatabase, startIntakeApp, TEST_KEY } from '../support/running-system.ts'
import { startS3Storage } from '../support/s3-storage.ts'
import { openShop, SHOP_FIELDS, SHOP_SERIES } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const MIB = 1024 * 1024
const UPLOADS = 40
const FILE_MIB = 12
/** What is promised of the intake in "Sizing" of docs/operations.md, also with S3. */
const PROMISED_MIB = 250
/** As every way to start an intake has them: tests/heap-limits.test.ts. */
const HEAP_LIMITS = { NODE_OPTIONS: '--max-old-space-size=104 --max-semi-space-size=4' }

/** An upload of so many MiB, each as fast as the intake takes it. */
function beginUpload(port: number): { readonly answer: Promise<string>; sentBytes(): number } {
  const opened = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: `/v1/series/${SHOP_SERIES}/imports`,
    agent: false,
    headers: { Authorization: `Bearer ${TEST_KEY}`, 'Content-Type': 'multipart/form-data; boundary=b' },
  })
  const row = Buffer.alloc(MIB, `${'x'.repeat(1_023)}\n`)
  const { customerIdentifier, couponIdentifier, uploadHeaders } = SHOP_FIELDS
  const form = Object.entries({ customerIdentifier, couponIdentifier, uploadHeaders }).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
  const pieces = [form.join('') + file, ...Array.from({ length: FILE_MIB }, () => row), '\r\n--b--\r\n']
  Readable.from(pieces).pipe(opened)
  const answer = once(opened, 'response').then(async ([incoming]: IncomingMessage[]) =>
    incoming === undefined ? 'none' : `${incoming.statusCode} ${await text(incoming)}`,
  )
  return { answer, sentBytes: () => opened.socket?.bytesWritten ?? 0 }
}

it('uploads that wait for an S3 that takes no part are kept on the disk, not in memory, and go on with it', async () => {
  const storage = await startS3Storage()
  const { url: databaseUrl } = await findOrCreateDatabase(undefined)
  const port = await chooseFreePort()
  const dataDir = await makeTemporaryFolder()
  const intake = await startIntakeApp(
    { databaseUrl, dataDir, options: { env: storage.disturbedEnv } },
    port,
    HEAP_LIMITS,
  )
  await openShop(new ImporterClient(`http://127.0.0.1:${port}`, TEST_KEY), 1)
  await forgetPeakMemory(intake.pid)

  storage.suffer({ kind: 'hold-parts' })
  const uploads = Array.from({ length: UPLOADS }, () => beginUpload(port))
  await waitUntil('each upload has sent more than a part', async () =>
    uploads.every(({ sentBytes }) => sentBytes() > 6 * MIB),
  )
  storage.suffer(null)
  const answers = await Promise.all(uploads.map(async ({ answer }) => answer))
  expect(answers.filter((answer) => !answer.startsWith('202 '))).toEqual([])
  const peakMib = await readPeakMemory(intake.pid)
  console.log(`${UPLOADS} uploads of ${FILE_MIB} MiB: the intake had ${peakMib.toFixed(0)} MiB at its peak`)
  expect(peakMib).toBeLessThan(PROMISED_MIB)
  await intake.kill('SIGKILL')
  await storage.stop()
})
