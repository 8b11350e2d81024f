import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import path from 'node:path'

import { OPERATIONS } from '@importer/contracts'
import { describe, expect, test } from 'vitest'

import { REPOSITORY } from '../support/command-line.ts'
import { TEST_KEY, TEST_ORG } from '../support/running-system.ts'
import { IMPORT, openShopCommandLine, readView, UNKNOWN_COUPON } from '../support/shop-command-line.ts'
import { SHOP_HEADER, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:9'
const ESCAPE = '\u001b'

const { system, cli, partial, put, read } = await openShopCommandLine()

describe('exit codes', () => {
  test.each<[number, string, string[], Record<string, string>?]>([
    [0, 'an import that is well', [...IMPORT, '--wait', 'code-0.csv']],
    [1, 'some rows rejected', ['wait', 'PARTIAL']],
    [2, 'every row rejected', [...IMPORT, 'code-2.csv', '--wait']],
    [2, 'a file that is none', [...IMPORT, 'empty.csv', '--wait']],
    [0, 'an upload alone, whatever is in it', [...IMPORT, 'empty.csv']],
    [0, 'the status of an import that was not well', ['status', 'PARTIAL']],
    [2, 'no file', [...IMPORT, 'missing.csv']],
    [2, 'a wrong option', ['list', '--colour']],
    [2, 'an unknown command', ['improt', 'x.csv']],
    [2, 'a command without its argument', ['wait']],
    [2, 'an unknown import', ['status', '424242']],
    [2, 'an action that does not fit', ['resume', 'PARTIAL']],
    [2, 'a revert without --yes', ['revert', 'PARTIAL']],
    [2, 'an option that the importer refuses', [...IMPORT, 'code-0.csv', '--date-format', 'dd/mm/yyyy']],
    [
      2,
      'no answer',
      ['upload', 'code-0.csv', '--series', '500', '--customer', 'MOBILE', '--coupon', 'COUPON_CODE', '--columns', '{}'],
      { REDEMPTIONS_URL: NOBODY },
    ],
    [2, 'a time that is up', ['watch', '--timeout', '50ms']],
    [4, 'a wrong key', ['list'], { REDEMPTIONS_API_KEY: 'a-key-that-nobody-made' }],
    [4, 'no key for another machine', ['list', '--url', 'http://192.0.2.1'], { REDEMPTIONS_API_KEY: '' }],
    [4, 'a key that is not in the file', ['list', '--key-file', 'missing.txt']],
    [4, 'a server that is not kept', ['list', '--server', 'nowhere']],
    [4, 'a key that may only read', [...IMPORT, 'code-0.csv', '--key-file', 'reader.txt']],
    [2, 'the old commands without a key', ['report', '1'], { REDEMPTIONS_API_KEY: 'a-key-that-nobody-made' }],
    [0, 'help', ['import', '--help']],
  ])('%i for %s', async (exitCode, _name, args, env = {}) => {
    await put('code-0.csv', SHOP_HEADER + shopRows(60, 60))
    await put('code-2.csv', `${SHOP_HEADER}${UNKNOWN_COUPON}\n`)
    await put('empty.csv', '')
    const made = await cli.run(['keys', 'create', '--org', String(TEST_ORG), '--role', 'read'])
    await put('reader.txt', made.stdout)
    const ended = await cli.run(
      args.map((arg) => arg.replace('PARTIAL', String(partial.id))),
      { env },
    )
    expect(ended, ended.stderr).toMatchObject({ exitCode })
    if (exitCode > 1) expect(ended.stderr).toContain('\n')
  })
})

describe('--json is one object of its documented shape:', () => {
  test.each<[keyof typeof OPERATIONS, string[]]>([
    ['showImport', ['status', 'PARTIAL']],
    ['showImport', ['wait', 'PARTIAL']],
    ['showImport', ['watch', 'PARTIAL']],
    ['listImports', ['watch', '--until-idle']],
    [
      'listImports',
      ['list', '--series', '500', '--status', 'completed', '--outcome', 'partial', '--search', 'partial'],
    ],
    [
      'listRowErrors',
      ['errors', 'PARTIAL', '--code', 'COUPON_NOT_FOUND', '--column', 'couponCode', '--value', 'nothing'],
    ],
    ['listErrorGroups', ['errors', 'PARTIAL', '--group']],
    ['listErrorGroups', ['errors', 'PARTIAL', '--group', 'value']],
    ['explainRow', ['row', 'PARTIAL', '3']],
    ['explainLine', ['row', 'PARTIAL', '--line', '2']],
    ['loadReference', ['reference', 'put', 'tills', 'tills.csv']],
  ])('%s by %j', async (operation, args) => {
    await put('tills.csv', 'id,name\n50001,Front\n')
    const ended = await cli.run([...args.map((arg) => arg.replace('PARTIAL', String(partial.id))), '--json'])
    const [success] = OPERATIONS[operation].success
    if (!('schema' in success)) throw new Error(`${operation} answers without JSON`)
    expect(success.schema.safeParse(JSON.parse(ended.stdout))).toMatchObject({ success: true })
  })

  test('a report is its text, a file its place', async () => {
    const id = String(partial.id)
    const { stdout: csv } = await cli.run(['report', id])
    const printed = await cli.run(['report', id, '--json'])
    expect(JSON.parse(printed.stdout)).toEqual({ importId: partial.id, outcome: 'rejected', csv })
    const written = await cli.run(['report', id, '--json', '--out', 'written.csv'])
    expect(JSON.parse(written.stdout)).toMatchObject({ file: path.join(cli.folder, 'written.csv'), bytes: csv.length })
    expect(await read('written.csv')).toBe(csv)
  })

  test('what cannot be done is an object too', async () => {
    const refused = await cli.run(['status', '424242', '--json'])
    expect(JSON.parse(refused.stdout)).toEqual({
      error: { message: expect.stringContaining('there is no such import'), code: 'IMPORT_NOT_FOUND', status: 404 },
      exitCode: 2,
    })
    const wrong = await cli.run(['list', '--json', '--colour'])
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      error: { message: expect.stringContaining('--colour') },
      exitCode: 2,
    })
  })
})

describe('the next command that is proposed', () => {
  test.each<[string[], RegExp]>([
    [
      ['list', '--series', '500', '-q', "e' o", '--limit', '1'],
      /^ +redemptions list --series 500 --search 'e'\\'' o' --limit 1 --cursor (\S+)$/m,
    ],
    [
      ['errors', String(partial.id), '--from-row', '1', '--limit', '1'],
      /^ +redemptions errors \d+ --from-row 1 --limit 1 --cursor \S+$/m,
    ],
    [
      ['audit', '--import', String(partial.id), '--limit', '1'],
      /^Next: redemptions audit --import \d+ --limit 1 --cursor/m,
    ],
  ])('has the options of this page: %j', async (args, next) => {
    const file = SHOP_HEADER + `${UNKNOWN_COUPON}\n`.repeat(2)
    for (const name of ["one' other.csv", "e' other.csv"]) await cli.run([...IMPORT, await put(name, file), '--wait'])
    expect((await cli.run(args)).stderr).toMatch(next)
  })
})

describe('the output', () => {
  test('has no escape codes where it is no terminal, and with NO_COLOR', async () => {
    for (const options of [{}, { columns: 80, env: { NO_COLOR: '1' } }]) {
      const ended = await cli.run(['list'], options)
      expect(ended.stdout + ended.stderr).not.toContain(ESCAPE)
    }
    expect((await cli.run(['list'], { columns: 80 })).stdout).toContain(ESCAPE)
  })

  test('fits the width of a terminal', async () => {
    const { stdout } = await cli.run(['errors', String(partial.id)], { columns: 70, env: { NO_COLOR: '1' } })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70)
    expect(stdout).toContain('…')
  })

  test("lets no file's content steer the terminal", async () => {
    await put('steering.csv', `${SHOP_HEADER}${shopRow(1).replace('C1', `x${ESCAPE}[2Jgone\u202ex`)}\n`)
    const view = readView(await cli.run([...IMPORT, 'steering.csv', '--wait', '--json']))
    for (const args of [
      ['errors', String(view.id)],
      ['row', String(view.id), '1'],
      ['errors', String(view.id), '--group', 'value'],
    ]) {
      const { stdout } = await cli.run(args)
      expect(stdout).toContain('x\uFFFD[2Jgone\uFFFDx')
      expect(stdout).not.toContain(ESCAPE)
    }
  })

  test('is nothing but the result with --quiet', async () => {
    expect(await cli.run(['status', String(partial.id), '--quiet'])).toMatchObject({ stderr: '' })
  })

  test('warns of a key in the list of processes', async () => {
    const { exitCode, stderr } = await cli.run(['list', '--key', TEST_KEY], { env: { REDEMPTIONS_API_KEY: '' } })
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('others on this machine can read --key')])
    expect((await cli.run(['list'])).stderr).not.toContain('--key')
  })
})

describe('login', () => {
  test('keeps address and key for the user alone, under a name that every command takes', async () => {
    const url = `http://127.0.0.1:${system.port}`
    const env = { REDEMPTIONS_URL: '', REDEMPTIONS_API_KEY: '' }
    const login = await cli.run(['login', '--server', 'staging', '--url', url], { env, stdin: `${TEST_KEY}\n` })
    expect(login).toMatchObject({ exitCode: 0, stdout: `staging: ${url}, organization ${TEST_ORG}, role admin\n` })
    expect(login.stdout + login.stderr).not.toContain(TEST_KEY)
    const file = path.join(cli.folder, '.config/redemptions/servers.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700)

    const listed = await cli.run(['list', '--limit', '1', '--server', 'staging'], { env })
    expect(listed).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^Next: redemptions status \d+ --server staging$/m),
    })
    await put('key.txt', TEST_KEY)
    expect(await cli.run(['login', '--server', 'other', '--key-file', 'key.txt', '--url', url], { env })).toMatchObject(
      { exitCode: 0 },
    )
    expect((await cli.run(['servers', '--json'])).stdout).toBe(
      `${JSON.stringify({
        servers: [
          { server: 'staging', url },
          { server: 'other', url },
        ],
      })}\n`,
    )
    expect(await cli.run(['list', '--server', 'stagging'], { env })).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('did you mean staging?'),
    })
    expect(await cli.run(['list', '--server', 'staging', '--url', url])).toMatchObject({ exitCode: 2 })
    expect(await cli.run(['logout', '--server', 'other'])).toMatchObject({ exitCode: 0 })
    expect(await cli.run(['list', '--server', 'other'], { env })).toMatchObject({ exitCode: 4 })
  })

  test('keeps nothing that does not work', async () => {
    expect(await cli.run(['login', '--server', 'wrong'], { stdin: 'a-key-that-nobody-made' })).toMatchObject({
      exitCode: 4,
    })
    expect(await cli.run(['login', '--server', 'wrong'], { stdin: 'two words' })).toMatchObject({ exitCode: 4 })
    expect(await cli.run(['login'], { stdin: TEST_KEY })).toMatchObject({ exitCode: 2 })
    expect((await cli.run(['servers'])).stdout).not.toContain('wrong')
  })
})

test('as a process: defaults to the npm start of its folder, and ends once, cleanly, on SIGTERM', async () => {
  await put('api-key', `${TEST_KEY}\n`)
  const child = spawn(process.execPath, [path.join(REPOSITORY, 'scripts/redemptions.mjs'), 'watch'], {
    cwd: cli.folder,
    env: { PATH: process.env['PATH'], HOME: cli.folder, DATA_DIR: cli.folder, PORT: String(system.port) },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const exited = once(child, 'exit')
  await waitUntil('it follows imports', () => stderr.includes('import '))
  child.kill('SIGTERM')
  expect(await exited).toEqual([130, null])
  expect(stderr).toMatch(/redemptions: interrupted; .*\n$/)
})
