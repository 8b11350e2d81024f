import { once } from 'node:events'

import { readProcessBirth } from '@importer/runtime'
import { describe, expect, it } from 'vitest'

import { PROGRAM, RUN, useSystemFixture } from '../test/system-fixture.ts'

const fixture = useSystemFixture()

describe('npm start', { timeout: 120_000 }, () => {
  it('ends with 0 on Ctrl-C, which reaches its whole group, twice', async () => {
    const program = await fixture().launchUntilReady()
    const exit = once(program.process, 'exit')
    process.kill(-(program.process.pid ?? 0), 'SIGINT')
    process.kill(-(program.process.pid ?? 0), 'SIGINT')
    expect(await exit).toEqual([0, null])
    expect(program.output()).toMatch(/\nStopping…\n$/)
    expect(program.output()).not.toContain('ended')
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
      () => shell.output().endsWith('Stopping…\n') && readProcessBirth(intake) === null,
    )
  })

  it('tells a bad variable in one line and exits with 1', async () => {
    const program = fixture().launch(process.execPath, [RUN, PROGRAM], { PORT: '70000' })
    expect(await once(program.process, 'close')).toEqual([1, null])
    expect(program.output()).toMatch(/^PORT is "70000"; expected .*\n$/)
  })
})
