import { stat } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import type { ImportView } from '@importer/client'
import { describe, expect, test } from 'vitest'

import { InterruptedError, splitWords } from '../support/command-line.ts'
import { COLUMNS, IMPORT, openShopCommandLine, readView, UNKNOWN_COUPON } from '../support/shop-command-line.ts'
import { SHOP_HEADER, SHOP_SERIES, shopRow, shopRows } from '../support/small-shop.ts'
import { startUploadProxy } from '../support/upload-proxy.ts'

const NAMED = ['--customer', 'mobile=mobile', '--coupon', 'code=code', '--column', 'date=date', '--column', 'till=till']

const { system, cli, partial, put, read } = await openShopCommandLine()

async function countImports(): Promise<number> {
  const { stdout } = await cli.run(['list', '--json', '--limit', '1000'])
  return (JSON.parse(stdout) as { items: unknown[] }).items.length
}

describe('import', () => {
  test('takes columns by position or by name, waits, and writes the rejected rows', async () => {
    await put('named.csv', `${SHOP_HEADER}${shopRow(10)}\n${UNKNOWN_COUPON}\n`)
    const args = ['import', '--series', String(SHOP_SERIES), ...NAMED, 'named.csv', '--errors', 'rejected.csv']
    const ended = await cli.run(args)
    expect(ended).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('2 rows: 1 inserted, 0 duplicates, 1 rejected'),
    })
    expect(ended.stderr).toContain('Uploaded named.csv as import')
    expect(ended.stderr).toMatch(/^Next: redemptions errors \d+ --group$/m)
    expect(await read('rejected.csv')).toMatch(/^date,till,mobile,code,rowNumber,.*\n.*,nothing,2,3,COUPON_NOT_FOUND,/)
  })

  test('the same call twice is one import, and another option makes another one', async () => {
    await put('twice.csv', SHOP_HEADER + shopRows(11, 12))
    const before = await countImports()
    const first = readView(await cli.run([...IMPORT, 'twice.csv', '--wait', '--json']))
    const second = await cli.run([...IMPORT, 'twice.csv', '--wait', '--json'])
    expect(readView(second)).toEqual({ ...first, replayed: true })
    expect(second.stderr).toContain(`it is import ${first.id}. --idempotency-key`)
    expect(await countImports()).toBe(before + 1)
    expect(readView(await cli.run([...IMPORT, 'twice.csv', '--details', 'again', '--json'])).id).not.toBe(first.id)
    expect(readView(await cli.run([...IMPORT, 'twice.csv', '--idempotency-key', 'other', '--json'])).id).not.toBe(
      first.id,
    )
    expect(await countImports()).toBe(before + 3)
  })

  test('reads standard input, packed too, and takes every option of an upload', async () => {
    const rows = SHOP_HEADER + shopRows(13, 14).replaceAll(/^\d+/gm, '2024-05-01')
    const options = ['--date-format', 'iso8601', '--time-zone', 'UTC', '--metadata', '{"from":"test"}', '--dry-run']
    const piped = ['import', '-', '--series', String(SHOP_SERIES), ...COLUMNS, ...options, '--file-name', 'day.csv']
    const view = readView(await cli.run([...piped, '--wait', '--json'], { stdin: rows }))
    expect(view).toMatchObject({
      fileName: expect.stringMatching(/^day_\d+_500\.csv$/),
      dryRun: true,
      metadata: { from: 'test' },
      status: 'completed',
      counts: { rows: 2, inserted: 2 },
    })
    await put('packed.csv.gz', gzipSync(rows))
    const packed = await cli.run([...IMPORT, ...options, 'packed.csv.gz', '--wait', '--json'])
    expect(readView(packed)).toMatchObject({ outcome: 'success', counts: { rows: 2 } })
  })

  test('several files are an import each, and the exit code is that of the worst', async () => {
    await put('good.csv', SHOP_HEADER + shopRows(15, 16))
    await put('bad.csv', `${SHOP_HEADER}${UNKNOWN_COUPON}\n`)
    const ended = await cli.run([...IMPORT, 'good.csv', 'bad.csv', '--wait', '--json'])
    expect(ended.exitCode).toBe(2)
    const { imports } = JSON.parse(ended.stdout) as { imports: ImportView[] }
    expect(imports.map(({ fileName, outcome }) => [fileName.replace(/_.*$/, ''), outcome])).toEqual([
      ['good', 'success'],
      ['bad', 'failure'],
    ])
  })

  test('takes what a profile says, its series too', async () => {
    const saved = await cli.run([
      'profiles',
      'put',
      'shops',
      ...NAMED,
      '--column',
      'till=Shop',
      '--skip-lines',
      '1',
      '--series',
      '500',
      '--json',
    ])
    expect(JSON.parse(saved.stdout)).toMatchObject({
      name: 'shops',
      version: 1,
      seriesId: 500,
      skipLines: 1,
      uploadHeaders: { redeemedAt: ['till', 'Shop'], mobile: 'mobile' },
    })
    await put('shops.csv', `Title\n${SHOP_HEADER.replace('till', 'Shop')}${shopRows(18, 19)}`)
    const view = readView(await cli.run(['import', 'shops.csv', '--profile', 'shops', '--wait', '--json']))
    expect(view).toMatchObject({ seriesId: 500, outcome: 'success', profile: { name: 'shops', version: 1 } })
    await put('profile.json', (await cli.run(['profiles', 'get', 'shops', '--json'])).stdout)
    const copied = await cli.run(['profiles', 'put', 'copy', '--from', 'profile.json', '--skip-lines', '2', '--json'])
    expect(JSON.parse(copied.stdout)).toMatchObject({ name: 'copy', version: 1, skipLines: 2, seriesId: 500 })
    expect((await cli.run(['list', '--profile', 'shops', '--json'])).stdout).toContain(`"id":${view.id},`)
    expect((await cli.run(['profiles', 'list'])).stdout).toMatch(/^copy .*\nshops /m)
    expect(await cli.run(['profiles', 'delete', 'copy'])).toMatchObject({ exitCode: 0 })
    expect(await cli.run(['import', 'shops.csv', '--profile', 'copy'])).toMatchObject({ exitCode: 2 })
    expect(await cli.run(['import', 'shops.csv'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('import needs to know the columns'),
    })
    expect(await cli.run(['import', 'shops.csv', '--map-by-header'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('import needs a series'),
    })
    expect(await cli.run(['import', 'shops.csv', '--series', '500'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /--map-by-header, or --profile NAME: .*redemptions inspect shops\.csv proposes them/,
      ),
    })
  })

  test('finds columns by the header where it is clear, and refuses where it is not', async () => {
    await put('header.csv', `Till,Coupon code,Mobile,Redeemed on\n50001,C51,919900000001,1714521600051\n`)
    const byHeader = ['import', '--series', '500', '--map-by-header', '--wait', '--json']
    expect(readView(await cli.run([...byHeader, 'header.csv']))).toMatchObject({ outcome: 'success' })
    await put('unclear.csv', `a,b,c,d\n50001,C51,919900000001,1714521600051\n`)
    expect(await cli.run([...byHeader, 'unclear.csv'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/the columns of unclear\.csv are not clear .*redemptions inspect unclear\.csv/),
    })
  })

  test('inspect shows how a file would be read, and the command that imports it', async () => {
    await put(
      'look.csv',
      `Till,Coupon code,Mobile,Redeemed on\n50001,C52,919900000001,1714521600052\n50001,none,919900000001,1714521600053\n`,
    )
    const { exitCode, stdout, stderr } = await cli.run(['inspect', 'look.csv', '--series', '500'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/1 +Coupon code +couponCode +C52 · none\n/)
    expect(stdout).toMatch(/\n +2 +3 +couponCode +none +COUPON_NOT_FOUND /)
    const proposed = /^Next: (redemptions import .*)$/m.exec(stderr)?.[1] ?? ''
    expect(readView(await cli.run([...splitWords(proposed).slice(1), '--json']))).toMatchObject({
      dryRun: true,
      counts: { rows: 2, inserted: 1, rejected: 1 },
    })
    const json = await cli.run(['inspect', 'look.csv', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'csv', couponIdentifier: 'COUPON_CODE' })
  })

  test('with --quiet prints its id alone', async () => {
    await put('quiet.csv', SHOP_HEADER + shopRows(17, 17))
    expect(await cli.run([...IMPORT, 'quiet.csv', '--quiet'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\n$/),
      stderr: '',
    })
  })

  test('an upload that is cut in the middle is sent again, and is one import', async () => {
    const proxy = await startUploadProxy(system.port, { cutAfter: (connection) => (connection < 2 ? 100_000 : null) })
    await put('cut.csv', SHOP_HEADER + shopRows(20, 19) + '\n'.repeat(2_000_000) + shopRows(21, 30))
    const before = await countImports()
    const ended = await cli.run([...IMPORT, 'cut.csv', '--wait', '--json'], { env: { REDEMPTIONS_URL: proxy.url } })
    expect(readView(ended)).toMatchObject({ outcome: 'success', counts: { rows: 10, inserted: 10 } })
    expect(ended.stderr.match(/tried again in/g)).toHaveLength(2)
    expect(await countImports()).toBe(before + 1)
    await proxy.stop()
  })

  test('an intake app that is killed at its answer has made one import', async () => {
    const proxy = await startUploadProxy(system.port, {
      onAnswer: async () => {
        await system.intake.kill('SIGKILL')
        await system.startIntake()
      },
    })
    await put('killed.csv', SHOP_HEADER + shopRows(31, 40))
    const before = await countImports()
    const ended = await cli.run([...IMPORT, 'killed.csv', '--wait', '--json'], { env: { REDEMPTIONS_URL: proxy.url } })
    expect(readView(ended)).toMatchObject({ replayed: true, outcome: 'success', counts: { inserted: 10 } })
    expect(await countImports()).toBe(before + 1)
    await proxy.stop()
  }, 60_000)

  test('Ctrl-C ends the wait, and the import goes on', async () => {
    await put('interrupted.csv', SHOP_HEADER + shopRows(41, 50))
    const interrupt = new AbortController()
    const ended = await cli.run([...IMPORT, 'interrupted.csv', '--wait'], {
      signal: interrupt.signal,
      onMessages: (stderr) => {
        if (stderr.includes('Uploaded')) interrupt.abort(new InterruptedError())
      },
    })
    expect(ended).toMatchObject({
      exitCode: 130,
      stdout: '',
      stderr: expect.stringMatching(/redemptions: interrupted; .*\n$/),
    })
    const id = Number(/as import (\d+)/.exec(ended.stderr)?.[1])
    expect(await system.client.waitUntilFinished(id)).toMatchObject({ counts: { inserted: 10 } })
  })
})

describe('what came of an import', () => {
  test('its row, with what stands in the way', async () => {
    const { stdout } = await cli.run(['row', String(partial.id), '2'])
    expect(stdout).toContain(`Row 2 of import ${partial.id}, line 3: duplicate`)
    expect(stdout).toMatch(new RegExp(`Redemptions:\n.*\n${partial.id} +1 +partial_\\d+_500\\.csv +50001`))
  })

  test('all its files', async () => {
    const { exitCode, stdout } = await cli.run(['results', String(partial.id), '--dir', 'all/of/it', '--json'])
    expect(exitCode).toBe(0)
    const { files } = JSON.parse(stdout) as { files: { file: string; bytes: number }[] }
    expect(files.map(({ file }) => path.basename(file))).toEqual([
      'errors.csv',
      'inserted.csv',
      'duplicates.csv',
      'unprocessed.csv',
      partial.fileName,
    ])
    expect(await read(`all/of/it/${partial.fileName}`)).toBe(await read('partial.csv'))
    expect(await read('all/of/it/duplicates.csv')).toContain(',2,3\n')
    expect(JSON.parse(await read('all/of/it/import.json'))).toMatchObject({ id: partial.id })
    for (const { file, bytes } of files) expect((await stat(file)).size).toBe(bytes)
  })

  test('its rejected rows, corrected, are another import', async () => {
    const args = ['retry', String(partial.id), '--set', 'till:99=50001', '--set', 'code:nothing=C3', '--wait', '--json']
    const retried = readView(await cli.run(args))
    expect(retried).toMatchObject({
      retryOf: partial.id,
      outcome: 'success',
      counts: { rows: 2, inserted: 2 },
      corrections: [
        { column: 'redeemedAt', from: '99', to: '50001' },
        { column: 'couponCode', from: 'nothing', to: 'C3' },
      ],
    })
    expect(readView(await cli.run(args)).id).toBe(retried.id)
    const dropped = await cli.run([
      'retry',
      String(partial.id),
      '--code',
      'coupon_not_found',
      '--drop-row',
      '3',
      '--set-row',
      '1:till=50001',
      '--json',
    ])
    expect(dropped.exitCode).toBe(2)
    expect(JSON.parse(dropped.stdout)).toMatchObject({ error: { status: 400 } })
  })

  test('it is reverted only with --yes', async () => {
    await put('reverted.csv', SHOP_HEADER + shopRows(70, 79))
    const { id } = readView(await cli.run([...IMPORT, 'reverted.csv', '--wait', '--json']))
    const refused = await cli.run(['revert', String(id)])
    expect(refused.stderr).toContain(
      `inserted 10 redemptions, which would be deleted; expected --yes: redemptions revert ${id} --yes`,
    )
    expect(await cli.run(['revert', String(id), '--yes', '--wait'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`Import ${id}: reverted`),
    })
  })
})

test('an import is cancelled, resumed and waited for', async () => {
  // Without a worker it stays where it is.
  await system.worker.kill('SIGKILL')
  await put('cancelled.csv', SHOP_HEADER + shopRows(100, 120))
  const { id } = readView(await cli.run([...IMPORT, 'cancelled.csv', '--json']))
  expect(await cli.run(['wait', String(id), '--for', '300ms'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`import ${id} has not ended within 0.3 s; it goes on: redemptions wait ${id}`),
  })
  expect(await cli.run(['cancel', String(id)])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`Import ${id}: cancelled`),
    stderr: expect.stringContaining(`Next: redemptions resume ${id}`),
  })
  expect(await cli.run(['wait', String(id)])).toMatchObject({ exitCode: 2 })
  const watching = cli.run(['watch', '--until-idle', '--json'])
  const resuming = cli.run(['resume', String(id), '--wait', '--json'])
  await system.startWorker()
  expect(readView(await resuming)).toMatchObject({ outcome: 'success', counts: { inserted: 21 } })
  expect(JSON.parse((await watching).stdout)).toMatchObject({ items: expect.any(Array) })
})
