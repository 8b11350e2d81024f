import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { createFileStore, formatHour, type FileStore } from '@importer/file-store'
import { createLog } from '@importer/runtime'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { cleanFiles } from './clean-files.ts'

const HOUR_MS = 3_600_000
const ORG = 1
const log = createLog({ name: 'test', level: 'silent' })
/** Half past an hour, so that nothing depends on when the test runs. */
const NOW = Date.UTC(2026, 5, 15, 12, 30)

const { url } = await createTestDatabase()
const database = openTestDatabase(url)
let dataDir: string
let store: FileStore
let listed: string[]
let clock = NOW

beforeAll(async () => {
  await database.prisma.organization.create({ data: { id: ORG } })
})

beforeEach(async () => {
  dataDir = await makeTemporaryFolder()
  listed = []
  const disk = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
  store = {
    ...disk,
    readClock: async () => clock,
    listPeriod(period) {
      listed.push(period)
      return disk.listPeriod(period)
    },
  }
})

let made = 0

/** A file as it is left by an upload that began at one time and gave its last sign of life at another. */
async function leave(period: string, livedAtMs: number, suffix = ''): Promise<string> {
  made += 1
  const key = `uploads/${period}/00000000-0000-4000-8000-${String(made).padStart(12, '0')}`
  const file = path.join(dataDir, `${key}${suffix}`)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, 'a')
  await utimes(file, new Date(livedAtMs), new Date(livedAtMs))
  return key
}

async function makeImport(fileKey: string): Promise<void> {
  await database.prisma.import.create({
    data: { orgId: ORG, seriesId: 1n, fileKey, fileName: 'a', bytes: 1n, sha256: 'x', mapping: {} },
  })
}

async function listFiles(): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'uploads'), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dataDir, path.join(entry.parentPath, entry.name)))
    .toSorted()
}

const clean = async (reached: number, now = NOW) => {
  clock = now
  return cleanFiles({ database, store, log, now }, reached)
}

describe('the janitor', () => {
  it('removes what dead uploads left, of an older version too, and nothing else', async () => {
    const hour = formatHour(NOW - 2 * HOUR_MS)
    const day = hour.slice(0, 10)
    const imported = await leave(hour, NOW - 2 * HOUR_MS)
    await makeImport(imported)
    const young = await leave(formatHour(NOW), NOW - 60_000)
    const slow = await leave(hour, NOW - 10_000, '.part')
    await leave(hour, NOW - 2 * HOUR_MS)
    await leave(formatHour(NOW), NOW - 2 * HOUR_MS)
    await leave(formatHour(NOW), NOW - 60_000, '.part')
    await leave(day, NOW - 2 * HOUR_MS)
    await leave(day, NOW - 2 * HOUR_MS, '.part')
    expect(await clean(0)).toMatchObject({ unfinishedFiles: 2, orphanedFiles: 3 })
    expect(await listFiles()).toEqual([imported, young, `${slow}.part`].toSorted())
    expect(await clean(0)).toMatchObject({ unfinishedFiles: 0, orphanedFiles: 0 })
  })

  it('removes the probes that killed processes left an hour ago, and nothing else beside the days', async () => {
    const uploads = path.join(dataDir, 'uploads')
    await mkdir(uploads)
    const leaveBeside = async (name: string, ageMs: number): Promise<void> => {
      const at = new Date(NOW - ageMs)
      await writeFile(path.join(uploads, name), '')
      await utimes(path.join(uploads, name), at, at)
    }
    const uuid = '00000000-0000-4000-8000-000000000000'
    await leaveBeside(`clock-${uuid}`, HOUR_MS + 1_000)
    await leaveBeside(`probe-${uuid}`, HOUR_MS + 1_000)
    await leaveBeside(`clock-${uuid.replace('4', '5')}`, HOUR_MS - 1_000)
    await leaveBeside('clock-notes', 2 * HOUR_MS)
    await leaveBeside('installation-id', 2 * HOUR_MS)
    await clean(0)
    const kept = [`clock-${uuid.replace('4', '5')}`, 'clock-notes', 'installation-id']
    expect(await listFiles()).toEqual(kept.map((name) => `uploads/${name}`).toSorted())
  })

  it.each([120_000, -120_000])(
    'goes by the clock of the storage where that of its host is %i ms off',
    async (offMs) => {
      const alive = await leave(formatHour(NOW), NOW - 10_000, '.part')
      await leave(formatHour(NOW), NOW - 60_000, '.part')
      clock = NOW
      await cleanFiles({ database, store, log, now: NOW + offMs }, 0)
      expect(await listFiles()).toEqual([`${alive}.part`])
    },
  )

  it('looks at an hour until nothing of it is open, and never again', async () => {
    const first = formatHour(NOW - 5 * HOUR_MS)
    const slow = await leave(first, NOW - 20_000, '.part')
    const { reached } = await clean(NOW - 5 * HOUR_MS)
    expect(formatHour(reached)).toBe(first)
    // It ends, as a file that belongs to an import.
    await rm(path.join(dataDir, `${slow}.part`))
    await makeImport(await leave(first, NOW - HOUR_MS - 1))
    const next = await clean(reached)
    expect(formatHour(next.reached)).toBe(formatHour(NOW - HOUR_MS))
    listed = []
    await clean(next.reached)
    expect(listed).toEqual([formatHour(NOW).slice(0, 10), formatHour(NOW - HOUR_MS), formatHour(NOW)])
  })

  it('catches up after a long standstill', async () => {
    const old = await leave(formatHour(NOW - 300 * HOUR_MS), NOW - 300 * HOUR_MS)
    await leave(formatHour(NOW - 3 * HOUR_MS), NOW - 3 * HOUR_MS)
    let reached = NOW - 400 * HOUR_MS
    let orphanedFiles = 0
    for (let round = 0; round < 2; round += 1) {
      const result = await clean(reached)
      expect(result.reached).toBeGreaterThan(reached)
      reached = result.reached
      orphanedFiles += result.orphanedFiles
    }
    expect(orphanedFiles).toBe(2)
    expect(await listFiles()).not.toContain(old)
    expect(formatHour(reached)).toBe(formatHour(NOW - HOUR_MS))
  })

  it('reads three folders a round beside those of a million files', async () => {
    // The folders of 400 days with an upload each minute would hold so many; that they are there is what could cost.
    for (let day = 1; day <= 400; day += 1) {
      const period = formatHour(NOW - day * 24 * HOUR_MS)
      await mkdir(path.join(dataDir, 'uploads', period), { recursive: true })
    }
    const reached = NOW - HOUR_MS
    await clean(reached)
    expect(listed).toEqual([formatHour(NOW).slice(0, 10), formatHour(reached), formatHour(NOW)])
    // The first round of all looks at three days.
    listed = []
    await clean(0)
    expect(listed.length).toBeLessThanOrEqual(3 * 24 + 1 + 4)
  })

  it('looks at hours in which nothing can be dead yet only later, where that takes a day', async () => {
    const remote = { ...store, deadAfterMs: { unfinished: 24 * HOUR_MS, finished: 24 * HOUR_MS } }
    const reached = NOW - 25 * HOUR_MS
    const result = await cleanFiles({ database, store: remote, log, now: NOW }, reached)
    expect(listed).toEqual([formatHour(reached).slice(0, 10), formatHour(reached), formatHour(NOW - 24 * HOUR_MS)])
    expect(formatHour(result.reached)).toBe(formatHour(NOW - 24 * HOUR_MS))
  })
})
