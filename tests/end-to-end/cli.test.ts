import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { runCommandLine, type Ended } from '../support/command-line.ts'
import { startSystem, TEST_KEY, TEST_ORG, type RunningSystem } from '../support/running-system.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const COLUMNS = '{"mobile":0,"couponCode":1,"redeemedDateInMillis":2,"redeemedAt":3}'
const UPLOAD = ['upload', '--series', '7', '--customer', 'MOBILE', '--coupon', 'COUPON_CODE', '--columns', COLUMNS]
const REFERENCE = {
  series: 'id,name\n7,Spring\n',
  customers: 'id,mobile\n1,4915112345678\n',
  tills: 'id,name\n3,Front\n',
  coupons: 'id,seriesId,code\n11,7,A\n12,7,B\n13,7,C\n',
}
const HEADER = 'mobile,code,date,till\n'
const row = (code: string, till = '3'): string => `4915112345678,${code},1600000000000,${till}\n`

let system: RunningSystem
let folder: string

beforeAll(async () => {
  system = await startSystem()
  folder = await makeTemporaryFolder()
  for (const [kind, csv] of Object.entries(REFERENCE)) {
    expect(await cli('reference', 'put', kind, await put(`${kind}.csv`, csv))).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
  }
})

afterAll(() => system.stop())

async function run(args: string[], env: Record<string, string>): Promise<Ended> {
  return runCommandLine(args, folder, { env })
}

function cli(...args: string[]): Promise<Ended> {
  return run(args, {
    REDEMPTIONS_URL: `http://127.0.0.1:${system.port}`,
    REDEMPTIONS_API_KEY: TEST_KEY,
    DATABASE_URL: system.databaseUrl,
  })
}

async function put(name: string, content: string): Promise<string> {
  await writeFile(path.join(folder, name), content)
  return name
}

describe('upload --wait ends with', () => {
  test.each<[number, string, string, string]>([
    [0, 'all rows in', HEADER + row('A'), 'completed, success\n1 rows: 1 inserted, 0 duplicates, 0 rejected\n'],
    [1, 'some rows rejected', HEADER + row('B') + row('?'), 'completed, partial\n2 rows: 1 inserted'],
    [2, 'every row rejected', HEADER + row('C', '99'), 'completed, failure\n1 rows: 0 inserted'],
    [2, 'a failed import', '', 'failed\nEMPTY_FILE: '],
  ])('%i for %s', async (exitCode, name, content, words) => {
    const ended = await cli(...UPLOAD, '--wait', await put(`${name}.csv`, content))
    expect(ended).toMatchObject({ exitCode, stdout: expect.stringContaining(words) })
    expect(ended.stderr).toMatch(/^Uploaded as .*_7\.csv\n/)
  })
})

test('an upload is found again by its job, and its rows by their outcome', async () => {
  const file = await put('three.csv', HEADER + row('A') + row('gone') + row('A'))
  const uploaded = await cli(...UPLOAD, '--wait', '--details', 'for the test', file)
  const jobId = /^jobId (\d+):/.exec(uploaded.stdout)?.[1] ?? ''

  const status = await cli('status', '--series', '7', '--job', jobId)
  expect(status.stdout.split('\n')).toEqual([
    expect.stringMatching(/^job +status +rows +errors +uploaded +file$/),
    expect.stringMatching(new RegExp(`^${jobId} +COMPLETED +3 +1 .*three_\\d+_7.csv$`)),
    '',
  ])
  expect((await cli('status', '--series', '7')).stdout.split('\n').length).toBeGreaterThan(3)

  const rejected = await cli('report', jobId)
  expect(rejected.stdout).toContain('4915112345678,gone,1600000000000,3,2,3,COUPON_NOT_FOUND,719,')
  const duplicates = await cli('report', jobId, '--outcome', 'duplicates', '--out', 'duplicates.csv')
  expect(duplicates).toMatchObject({ exitCode: 0, stdout: '' })
  expect(await readFile(path.join(folder, 'duplicates.csv'), 'utf8')).toBe(
    `mobile,code,date,till,rowNumber,line\n${row('A').trim()},1,2\n${row('A').trim()},3,4\n`,
  )
})

test('without --wait an upload ends when it is durable', async () => {
  expect(await cli(...UPLOAD, await put('later.csv', HEADER + row('A')))).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^jobId \d+\n$/),
  })
})

test('reference rows that are refused are reported, each in a line', async () => {
  const file = await put('bad-tills.csv', 'id,name\n4,Back\nx,Nowhere\n')
  expect(await cli('reference', 'put', 'tills', file)).toEqual({
    exitCode: 1,
    stdout: '2 tills: 1 inserted, 0 updated, 1 rejected\n',
    stderr: expect.stringMatching(/^line 3: INVALID_NUMBER: id "x" .*\n$/),
  })
})

describe('keys', () => {
  test('are made, work, are listed and revoked, each for its organization', async () => {
    const made = await cli('keys', 'create', '--org', '4711', '--role', 'read', '--name', 'for the test')
    const key = made.stdout.trim()
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^rik_[\w-]{43}\n$/) })
    expect((await cli('--key', key, 'status', '--series', '7')).stderr).toContain('HTTP 404')

    const listed = await cli('keys', 'list', '--org', '4711')
    const [, id] = /\n(\d+) +read +\S+ +works +for the test\n$/.exec(listed.stdout) ?? []
    expect(listed.stdout).not.toContain(key)
    expect((await cli('keys', 'revoke', '--org', String(TEST_ORG), '--id', String(id))).exitCode).toBe(2)
    expect(await cli('keys', 'revoke', '--org', '4711', '--id', String(id))).toMatchObject({ exitCode: 0 })
    expect((await cli('--key', key, 'status', '--series', '7')).stderr).toContain('HTTP 401')
    expect((await cli('keys', 'list', '--org', '4711')).stdout).toMatch(/ read +\S+ +revoked \S+ +for the test\n$/)
  })

  test('are listed by either role, with the variables of intake and worker as with those of the migration', async () => {
    const DATABASE_APP_ROLE = new URL(system.databaseUrl).username
    for (const DATABASE_URL of [system.databaseUrl, system.ownerUrl]) {
      const listed = await run(['keys', 'list', '--org', String(TEST_ORG)], { DATABASE_URL, DATABASE_APP_ROLE })
      expect(listed).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining(' works') })
    }
  })

  test('are made before anything runs, in the embedded PostgreSQL, which is ended again', async () => {
    const dataDir = await makeTemporaryFolder()
    const made = await run(['keys', 'create', '--org', '9619', '--role', 'write'], { DATA_DIR: dataDir })
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^rik_[\w-]{43}\n$/) })
    const listed = await run(['keys', 'list', '--org', '9619'], { DATA_DIR: dataDir })
    expect(listed.stdout).toMatch(/\n1 +write +\S+ +works\n$/)
    await expect(readFile(path.join(dataDir, 'postgres/postmaster.pid'))).rejects.toThrow('ENOENT')
  }, 60_000)
})

describe('what cannot be done is one line and exit code 2:', () => {
  test.each<[string, string[], RegExp]>([
    ['no command', [], /^redemptions: a command is missing; expected import, .*$/],
    [
      'no option',
      ['upload', 'x.csv'],
      /^redemptions: required option '--series <id>' not specified; redemptions upload --help shows what is expected$/,
    ],
    [
      'a wrong choice',
      [...UPLOAD, '--customer', 'NAME', 'x.csv'],
      /^redemptions: --customer is 'NAME'; expected one of MOBILE, .*$/,
    ],
    ['a wrong kind', ['reference', 'put', 'till', 'x.csv'], /expected series, coupons, customers, tills$/],
    ['no file', [...UPLOAD, 'missing.csv'], /missing\.csv cannot be read \(ENOENT\); expected a CSV file$/],
    ['wrong columns', [...UPLOAD, '--columns', '{}', 'series.csv'], /HTTP 400: uploadHeaders lacks the key "mobile"/],
    ['an unknown import', ['report', '424242'], /HTTP 404: there is no such import/],
    ['a folder that is not there', ['report', '1', '--out', 'no/where.csv'], /where\.csv cannot be written \(ENOENT\)/],
    ['nobody there', ['--url', 'http://127.0.0.1:9', 'status', '--series', '7'], /127\.0\.0\.1:9 does not answer/],
    ['no address', ['--url', 'nowhere', 'status', '--series', '7'], /--url nowhere is no address; expected/],
    ['a wrong key', ['--key', 'x', 'status', '--series', '7'], /HTTP 401: the API key is unknown or revoked/],
    ['a wrong organization', ['keys', 'list', '--org', '0'], /expected a whole number from 1 to 2147483647$/],
  ])('%s', async (_name, args, message) => {
    const ended = await cli(...args)
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
    // Beside the warning that --key can be seen.
    const lines = ended.stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('Warning: '))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(message)
  })

  test('no key', async () => {
    const ended = await run(['status', '--series', '7'], { DATA_DIR: folder })
    expect(ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^redemptions: there is no API key .*\n$/),
    })
  })
})

test('as a process it ends with the code, its result on one stream and its words on the other', async () => {
  const entry = path.join(REPOSITORY, 'apps/cli/src/main.ts')
  const running = promisify(execFile)(process.execPath, ['--import', 'tsx', entry, 'report', '1'], {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], DATA_DIR: folder },
  })
  await expect(running).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^redemptions: there is no API key .*\n$/),
  })
})
