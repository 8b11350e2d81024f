import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { openDataFolder } from './data-folder.ts'
import { Releases } from './releases.ts'

test.skipIf(process.platform !== 'linux')(
  'a log that cannot be written is reported once, not at each line',
  async () => {
    const path = await makeTemporaryFolder()
    await mkdir(join(path, 'logs'))
    await symlink('/dev/full', join(path, 'logs/intake.log'))
    const lines: string[] = []
    const output = (line: string): void => void lines.push(line)
    const releases = new Releases(output)
    const folder = await openDataFolder(path, releases, output)
    const write = folder.openLog('intake')
    for (let line = 0; line < 3; line += 1) write(Buffer.from('a line\n'))
    await releases.run()
    expect(lines).toEqual([expect.stringMatching(/^the log of intake cannot be written: Error: ENOSPC/)])
  },
)
