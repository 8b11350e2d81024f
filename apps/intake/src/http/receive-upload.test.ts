import { stat, utimes } from 'node:fs/promises'
import path from 'node:path'

import { createFileStore, formatHour } from '@importer/file-store'
import { expect, test, vi } from 'vitest'

import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import {
  beginMultipart,
  endMultipart,
  MULTIPART_TYPE,
  openRawConnection,
  writeHead,
} from '../../test/raw-connection.ts'
import { SERIES, startIntake } from '../../test/start-intake.ts'
import { CSV, GOOD_FIELDS } from '../../test/upload.ts'

const WITHIN = { timeout: 10_000 }

test('a stored file is kept from the janitor for as long as the rest of its form takes', async () => {
  const dataDir = await makeTemporaryFolder()
  const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
  const intake = await startIntake({ store })
  const startedAt = Date.now()
  const listKeys = async (olderThanMs: number): Promise<string[]> => {
    const keys: string[] = []
    for (const hour of [formatHour(startedAt), formatHour(startedAt + 3_600_000)]) {
      for await (const { kind, name, modifiedMs } of store.listPeriod(hour)) {
        if (kind === 'finished' && modifiedMs <= Date.now() - olderThanMs) keys.push(name)
      }
    }
    return keys
  }
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const body = beginMultipart(GOOD_FIELDS, CSV) + endMultipart()
    const connection = await openRawConnection(intake.port)
    const head = writeHead('POST', `/upload/redeemFile/${SERIES}`, {
      Authorization: `Bearer ${intake.keys.write}`,
      'Content-Type': MULTIPART_TYPE,
      'Content-Length': body.length,
      Connection: 'close',
    })
    // The file ends, the form does not.
    connection.socket.write(head + body.slice(0, -4))
    const key = await vi.waitUntil(async () => (await listKeys(-1_000))[0], WITHIN)
    const hoursAgo = new Date(Date.now() - 7_200_000)
    await utimes(path.join(dataDir, key), hoursAgo, hoursAgo)
    expect(await listKeys(store.deadAfterMs.finished)).toEqual([key])
    const isKept = async (): Promise<boolean> => {
      vi.advanceTimersByTime(60_000)
      return (await listKeys(store.deadAfterMs.finished)).length === 0
    }
    await vi.waitUntil(isKept, WITHIN)

    connection.socket.write(body.slice(-4))
    expect(await connection.waitForEnd()).toMatch(/^HTTP\/1\.1 200 /)
    // With its answer it is an import's.
    await utimes(path.join(dataDir, key), hoursAgo, hoursAgo)
    vi.advanceTimersByTime(600_000)
    expect((await stat(path.join(dataDir, key))).mtimeMs).toBeCloseTo(hoursAgo.getTime(), -2)
  } finally {
    vi.useRealTimers()
  }
})
