import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { runCommandLine } from '../support/command-line.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

let folder: string

beforeAll(async () => {
  folder = await makeTemporaryFolder()
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exitCode, stdout } = await runCommandLine(['completion', shell], folder)
    expect(exitCode).toBe(0)
    await writeFile(path.join(folder, `redemptions.${shell}`), stdout)
  }
})

/** Where a shell is missing that is announced, and an error in CI. */
function has(shell: string): boolean {
  if (spawnSync(shell, ['-c', 'true']).status === 0) return true
  if (process.env['CI']) throw new Error(`there is no ${shell} on this machine, and CI must not go without it`)
  console.warn(
    `SKIPPED: there is no ${shell} on this machine, so its completion is not loaded (apt-get install ${shell})`,
  )
  return false
}

function run(shell: string, script: string): string[] {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', script], { cwd: folder, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  return stdout.split('\n').filter((line) => line !== '')
}

const CASES: [words: string[], expected: string[], not: string[]][] = [
  [['im'], ['import'], ['list']],
  [['reference', ''], ['put', 'get'], ['import']],
  [['keys', 're'], ['revoke'], ['create']],
  [['list', '--outcome', ''], ['success', 'partial', 'failure'], ['--limit']],
  [['--server', 'x', 'errors', '1', '--gr'], ['--group'], ['--dir']],
  [['import', '--date-'], ['--date-format'], ['--dir']],
  [['completion', ''], ['bash', 'zsh', 'fish'], ['import']],
]

describe.skipIf(!has('bash'))('bash', () => {
  test.each(CASES)('completes %j', (words, expected, not) => {
    const line = ['redemptions', ...words].map((word) => `'${word}'`).join(' ')
    const found = run(
      'bash',
      `source redemptions.bash; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _redemptions; printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
    expect(found).toEqual(expect.arrayContaining(expected))
    for (const word of not) expect(found).not.toContain(word)
  })
})

describe.skipIf(!has('zsh'))('zsh', () => {
  test.each(CASES)('completes %j', (words, expected, not) => {
    const line = ['redemptions', ...words].map((word) => `'${word}'`).join(' ')
    // What would be shown is caught where the completion system is asked to show it.
    const found = run(
      'zsh',
      `compdef() { }; _describe() { print -l -- "\${(@P)2}" }; compadd() { shift; print -l -- "$@" }; _files() { }
       source ./redemptions.zsh; words=(${line}); CURRENT=${words.length + 1}; _redemptions`,
    ).map((word) => word.replace(/:.*$/, ''))
    expect(found).toEqual(expect.arrayContaining(expected))
    for (const word of not) if (!words.at(-1)) expect(found).not.toContain(word)
  })
})

describe.skipIf(!has('fish'))('fish', () => {
  test.each(CASES)('completes %j', (words, expected, not) => {
    const line = ['redemptions', ...words].join(' ')
    const found = run('fish', `source redemptions.fish; complete -C '${line}'`).map((word) => word.split('\t')[0])
    expect(found).toEqual(expect.arrayContaining(expected))
    for (const word of not) expect(found).not.toContain(word)
  })
})
