import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { describe, expect, test } from 'vitest'

import { REPOSITORY } from '../support/command-line.ts'
import { IMPORT, openShopCommandLine } from '../support/shop-command-line.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const PROGRAM = path.join(REPOSITORY, 'scripts/redemptions.mjs')
/** Nobody listens there: it is tried again, each time with a message. */
const NOBODY = 'http://127.0.0.1:9'
const EXPLAIN = ['explain', 'COUPON_NOT_FOUND']
const UNKNOWN = ['status', '424242', '--json']

const { cli, partial } = await openShopCommandLine()
const disk = await mountSmallDisk(65_536)
const options = { cwd: cli.folder, env: { PATH: process.env['PATH'], HOME: cli.folder, ...cli.env } }

/** Runs a shell's line in which `cli` is the command line. */
async function shell(line: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = spawn('bash', ['-c', `set -o pipefail; cli() { "${process.execPath}" "${PROGRAM}" "$@"; }; ${line}`], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk
    })
  }
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, ...output }
}

describe('the reader of the output is gone: the exit code is that of the command', () => {
  test.each<[number, string, string[], ('stdout' | 'stderr')[]]>([
    [0, 'standard output', EXPLAIN, ['stdout']],
    [2, 'standard output', UNKNOWN, ['stdout']],
    [0, 'standard output', ['report', String(partial.id)], ['stdout']],
    [1, 'both', ['wait', String(partial.id)], ['stdout', 'stderr']],
    [2, 'standard error', ['status', '1', '--url', NOBODY], ['stderr']],
    [1, 'standard error', [...IMPORT, 'partial.csv', '--wait'], ['stderr']],
    [0, 'standard error', ['watch'], ['stderr']],
  ])('%i, %s, %j', async (exitCode, _name, args, closed) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const name of closed) child[name].destroy()
    expect(await once(child, 'exit')).toEqual([exitCode, null])
  })
})

describe.skipIf(process.platform !== 'linux')('what is written is lost: one line, and exit code 2', () => {
  test.each<[string, string]>([
    ['the result', `cli ${EXPLAIN.join(' ')} > /dev/full`],
    ['the last of several writes', `cli report ${partial.id} > /dev/full`],
    ['help', 'cli --help > /dev/full'],
  ])('%s', async (_name, line) => {
    const { exitCode, stderr } = await shell(line)
    expect([exitCode, stderr.split('\n')]).toEqual([
      2,
      [
        'redemptions: standard output cannot be written (ENOSPC); expected an output that takes all that is written',
        '',
      ],
    ])
  })

  test('a file', async () => {
    // As the file is called until it is whole.
    await symlink('/dev/full', path.join(cli.folder, `rejected.csv.${process.pid}.part`))
    expect(await cli.run(['report', String(partial.id), '--out', 'rejected.csv'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `redemptions: ${path.join(cli.folder, 'rejected.csv')} cannot be written (ENOSPC); expected a new or old file\n`,
    })
  })

  test('messages', async () => {
    const { exitCode, stdout } = await shell(`cli status ${partial.id} 2> /dev/full`)
    expect([exitCode, stdout]).toEqual([2, expect.stringContaining(`Import ${partial.id}`)])
  })
})

describe('what is piped in', () => {
  // What runs the sources would keep a cache of its own there.
  const run = (TMPDIR: string) =>
    spawn(process.execPath, [PROGRAM, 'import', '-', ...IMPORT.slice(1)], {
      ...options,
      env: { ...options.env, TMPDIR, TSX_DISABLE_CACHE: '1' },
      stdio: 'pipe',
    })
  const listKept = async (folder: string): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('redemptions-'))

  test.each<[NodeJS.Signals[]]>([[['SIGHUP']], [['SIGTERM']], [['SIGINT', 'SIGINT']]])(
    'is removed on %j',
    async (signals) => {
      const folder = await makeTemporaryFolder()
      const child = run(folder)
      child.stdin.write(SHOP_HEADER)
      await waitUntil('the file was there', async () => {
        const [kept] = await listKept(folder)
        return kept !== undefined && existsSync(path.join(folder, kept, 'stdin'))
      })
      const exit = once(child, 'exit')
      for (const signal of signals) child.kill(signal)
      expect(await exit).toEqual([130, null])
      expect(await listKept(folder)).toEqual([])
    },
  )

  test.skipIf(disk === null)('is not called unreadable where the temporary folder is full', async () => {
    const folder = disk?.folder ?? ''
    const child = run(folder)
    const said = text(child.stderr)
    const exit = once(child, 'exit')
    child.stdin.on('error', () => undefined).end(SHOP_HEADER + shopRows(1, 5_000))
    expect([await exit, await said]).toEqual([
      [2, null],
      `redemptions: standard input cannot be kept in the temporary folder ${folder} (ENOSPC); expected space for all of it there, or another folder in TMPDIR\n`,
    ])
    expect(await listKept(folder)).toEqual([])
  })
})
