import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startS3Server } from '../../packages/file-store/tests/support/s3-server.ts'
import { openCommandLine, REPOSITORY, type CommandLine, type Ended } from '../support/command-line.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

const EXAMPLES = path.join(REPOSITORY, 'docs/examples')
const SERIES = '953234'

let system: RunningSystem
let cli: CommandLine
let env: Record<string, string>

beforeAll(async () => {
  system = await startSystem()
  cli = await openCommandLine(system)
  for (const kind of ['series', 'customers', 'tills', 'coupons']) {
    expect(await cli.run(['reference', 'put', kind, path.join(EXAMPLES, `${kind}.csv`)])).toMatchObject({ exitCode: 0 })
  }
  // As docs/command-line.md has it: linked into a folder of the PATH.
  const bin = path.join(await makeTemporaryFolder(), 'bin')
  await mkdir(bin)
  await symlink(path.join(REPOSITORY, 'scripts/redemptions.mjs'), path.join(bin, 'redemptions'))
  env = { ...cli.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: cli.folder }
})
afterAll(() => system.stop())

async function run(command: string, args: string[], more: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(command, args, { cwd: cli.folder, env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, stdout, stderr }
}

function hasPython(): boolean {
  if (spawnSync('python3', ['--version']).status === 0) return true
  if (process.env['CI']) throw new Error('there is no python3 on this machine, and CI must not go without it')
  console.warn(
    'SKIPPED: there is no python3 on this machine, so its example is not run (Debian: apt-get install python3)',
  )
  return false
}

/** The same file each time: the first import inserts what is good, the others find it. */
const RESULT =
  /import \d+: completed, partial\n5 rows: \d inserted, \d duplicates, 3 rejected\nrejected rows: rejected\.csv\n/

test('Node: uploads, waits, fetches what was rejected, and is one import when it is called again', async () => {
  await copyFile(path.join(EXAMPLES, 'redemptions.csv'), path.join(cli.folder, 'redemptions.csv'))
  const args = [path.join(EXAMPLES, 'import.mjs'), SERIES, 'redemptions.csv', 'rejected.csv']
  const first = await run('node', args)
  expect(first, first.stderr).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(RESULT) })
  expect((await readFile(path.join(cli.folder, 'rejected.csv'), 'utf8')).split('\n')).toHaveLength(5)
  expect(await run('node', args)).toMatchObject({ stdout: first.stdout })
}, 60_000)

describe.skipIf(!hasPython())('Python', () => {
  test('does the same', async () => {
    await copyFile(path.join(EXAMPLES, 'redemptions.csv'), path.join(cli.folder, 'redemptions.csv'))
    const args = [path.join(EXAMPLES, 'import.py'), SERIES, 'redemptions.csv', 'rejected.csv']
    const first = await run('python3', args)
    expect(first, first.stderr).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(RESULT) })
    expect(await run('python3', args)).toMatchObject({ stdout: first.stdout })
    expect(await run('python3', args, { REDEMPTIONS_API_KEY: 'unknown' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('API key'),
    })
  }, 60_000)
})

test('cron: imports a folder, keeps what was rejected, and leaves what was not imported for the next night', async () => {
  const folder = path.join(cli.folder, 'tills')
  await mkdir(folder)
  const redemptions = await readFile(path.join(EXAMPLES, 'redemptions.csv'), 'utf8')
  await writeFile(path.join(folder, 'good.csv'), redemptions.split('\n').slice(0, 3).join('\n'))
  await writeFile(path.join(folder, 'some.csv'), redemptions)
  await writeFile(path.join(folder, 'broken.csv'), '\u0000\u0001')
  const night = await run(path.join(EXAMPLES, 'nightly.sh'), [folder, SERIES])
  expect(night.exitCode, night.stderr).toBe(2)
  expect(night.stdout).toContain(`${folder}/broken.csv was not imported (exit code 2).`)
  expect(night.stdout).toContain(`Rejected rows: ${folder}/done/some.rejected`)
  expect(night.stdout).not.toContain('good')
  expect((await readdir(folder)).toSorted()).toEqual(['broken.csv', 'done'])
  expect((await readdir(path.join(folder, 'done'))).toSorted()).toEqual(['good.csv', 'some.csv', 'some.rejected'])
}, 60_000)

test('S3: imports an object of a bucket', async () => {
  const s3 = await startS3Server('till-files')
  const credentials = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
  const client = new S3Client({
    endpoint: s3.endpoint,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const Body = await readFile(path.join(EXAMPLES, 'redemptions.csv'))
  await client.send(new PutObjectCommand({ Bucket: 'till-files', Key: '2026/11/26.csv', Body }))
  const args = [path.join(EXAMPLES, 'import-from-s3.mjs'), 'till-files', '2026/11/26.csv', SERIES]
  const ended = await run('node', args, { ...credentials, S3_ENDPOINT: s3.endpoint })
  expect(ended, ended.stderr).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/completed, partial\nFile +26_\d+_953234\.csv/),
  })
  client.destroy()
  await s3.close()
}, 60_000)
