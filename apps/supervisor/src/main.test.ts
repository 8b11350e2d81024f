import { once } from 'node:events'
import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'

import { readProcessStart } from '@importer/runtime'
import { describe, expect, it } from 'vitest'

import { ImporterClient } from '../../../tests/support/importer-client.ts'
import { SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES } from '../../../tests/support/small-shop.ts'
import { PROGRAM, RUN, useSystemFixture } from '../test/system-fixture.ts'

const fixture = useSystemFixture()

describe('npm start', { timeout: 120_000 }, () => {
  it('ends with 0 on Ctrl-C, which reaches its whole group, twice', async () => {
    const program = await fixture().launchUntilReady()
    const exit = once(program.process, 'exit')
    process.kill(-(program.process.pid ?? 0), 'SIGINT')
    process.kill(-(program.process.pid ?? 0), 'SIGINT')
    expect(await exit).toEqual([0, null])
    expect(program.output()).toMatch(/\n\d{4}-\d\d-\d\dT[\d:.]+Z Stopping…\n$/)
    expect(program.output()).not.toContain('ended')
  })

  it('ends with 1 and says which program it had to kill, one that does not end in its time', async () => {
    const program = await fixture().launchUntilReady({ SHUTDOWN_TIMEOUT_SECONDS: '1' })
    const exit = once(program.process, 'exit')
    process.kill((await fixture().findChild('worker')) ?? 0, 'SIGSTOP')
    program.process.kill('SIGTERM')
    expect(await exit).toEqual([1, null])
    const lines = program
      .output()
      .split('\n')
      .filter((line) => line.includes('cleanly'))
    expect(lines).toEqual([
      expect.stringMatching(/Z The worker was not stopped cleanly: SIGKILL, as it had not ended 6 s after SIGTERM$/),
    ])
  })

  it('ends with the shell that npm had started it in', async () => {
    // Not the last command, so that no shell puts it in its own place.
    const shell = fixture().launch('/bin/sh', ['-c', `"${process.execPath}" "${RUN}" ${PROGRAM}; true`], {
      npm_lifecycle_event: 'start',
    })
    await fixture().waitFor('readiness', () => shell.output().includes('Ctrl-C stops'))
    const intake = (await fixture().findChild('intake')) ?? 0
    shell.process.kill('SIGKILL')
    await fixture().waitFor(
      'the end',
      () => shell.output().endsWith(' Stopping…\n') && readProcessStart(intake) === null,
    )
  })

  it.skipIf(process.platform !== 'linux')(
    'runs, and ends well, when nothing that it prints can be written',
    async () => {
      const shell = fixture().launch('/bin/sh', [
        '-c',
        `exec "${process.execPath}" "${RUN}" ${PROGRAM} >/dev/full 2>&1`,
      ])
      const exit = once(shell.process, 'exit')
      await fixture().waitFor('readiness', async () => fixture().isAnswering())
      // What is printed beside is lost too.
      const first = await fixture().findChild('worker')
      process.kill(first ?? 0, 'SIGKILL')
      await fixture().waitFor('another worker', async () => {
        const worker = await fixture().findChild('worker')
        return worker !== undefined && worker !== first
      })
      shell.process.kill('SIGHUP')
      expect(await exit).toEqual([0, null])
    },
  )

  it('keeps what it stores from the other accounts of the machine, whatever they may read by default', async () => {
    const { dataDir, port } = fixture()
    const apiKey = 'a-key-of-my-own-1234'
    const shell = fixture().launch('/bin/sh', ['-c', `umask 022; exec "${process.execPath}" "${RUN}" ${PROGRAM}`], {
      BOOTSTRAP_API_KEY: apiKey,
    })
    await fixture().waitFor('readiness', () => shell.output().includes('Ctrl-C stops'))
    const client = new ImporterClient(`http://127.0.0.1:${port}`, apiKey)
    await client.putReference('series', `id\n${SHOP_SERIES}\n`)
    const { jobId } = await client.upload({ ...SHOP_FIELDS, file: `${SHOP_HEADER}1,2,919800000001,C1\n` })
    expect((await client.waitUntilFinished(jobId)).counts).toMatchObject({ rows: 1, rejected: 1 })
    const retry = await fetch(`http://127.0.0.1:${port}/v1/imports/${jobId}/retry-rejected`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}` },
    })
    const { id } = (await retry.json()) as { id: number }
    await client.waitUntilFinished(id)

    const entries = ['.', ...(await readdir(dataDir, { recursive: true }))]
    // The upload, and the file that the worker made of its rejected rows.
    expect(entries.filter((name) => /^uploads\/.*\/[\da-f-]{36}$/.test(name))).toHaveLength(2)
    const open: string[] = []
    for (const name of entries) {
      const { mode } = await lstat(path.join(dataDir, name))
      if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`)
    }
    // An account of PostgreSQL's own, which there is where this runs as root, passes these two and sees nothing in them.
    expect(['. 711', 'postgres 711']).toEqual(expect.arrayContaining(open))
  })

  it('reports a bad variable in one line and exits with 1', async () => {
    const program = fixture().launch(process.execPath, [RUN, PROGRAM], { PORT: '70000' })
    expect(await once(program.process, 'close')).toEqual([1, null])
    expect(program.output()).toMatch(/^PORT is "70000"; expected .*\n$/)
  })
})
