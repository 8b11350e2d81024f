import { execFileSync, spawnSync } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

import { makeTemporaryFolder } from './support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
// Joined here, so that this file is no breach itself.
const REGISTRY = ['registry', 'example', 'org'].join('.')
const MACHINE_PATH = ['', 'root', 'importer'].join('/')

/** By the check that must name it: a file, and how it is named. What the checks must let pass is the repository itself. */
const BREACHES: Record<string, [file: string, text: string, reported: string][]> = {
  'machine paths and registry hosts': [
    ['docs/a.md', `see\n${MACHINE_PATH}\n`, 'docs/a.md:2'],
    ['docs/b.md', `from ${REGISTRY}\n`, 'docs/b.md:1'],
    ['pnpm-lock.yaml', 'a: 1\ntarball: https://example.org/left-pad.tgz\n', 'pnpm-lock.yaml:2'],
  ],
  'exact versions': [
    ['pnpm-workspace.yaml', 'catalog:\n  tsx: ^4.23.15\n', 'pnpm-workspace.yaml: tsx ^4.23.15'],
    [
      'apps/worker/package.json',
      '{ "devDependencies": { "zod": "latest" } }\n',
      'apps/worker/package.json: zod latest',
    ],
  ],
  'file names': [['packages/csv/src/string-utils.ts', 'export {}\n', 'packages/csv/src/string-utils.ts']],
  'old words': [
    ['apps/cli/src/sweep.ts', 'export {}\n', 'apps/cli/src/sweep.ts (its name): "sweep"'],
    ['docs/c.md', 'An import has\nthree lanes.\n', 'docs/c.md:2: "lanes"; write partition'],
    // Of this folder the names of columns are left out of account, and no more.
    ['packages/db/src/imports/d.ts', '// The holder of a lease of old.\n', 'packages/db/src/imports/d.ts:1: "lease"'],
  ],
}

/** The check script in a repository of these files alone: its tools are not installed there. */
async function check(files: Record<string, string>): Promise<{ status: number | null; stdout: string }> {
  const repository = await makeTemporaryFolder()
  execFileSync('git', ['init', '--quiet', repository])
  await cp(path.join(REPOSITORY, 'scripts'), path.join(repository, 'scripts'), { recursive: true })
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(repository, file)), { recursive: true })
    await writeFile(path.join(repository, file), text)
  }
  return spawnSync(process.execPath, ['scripts/check.mjs'], { cwd: repository, encoding: 'utf8' })
}

test('npm run check names each breach and no other, a file that is too long, and fails where a tool does', async () => {
  const files = Object.values(BREACHES).flatMap((breaches) => breaches.map(([file, text]) => [file, text]))
  const { status, stdout } = await check({ ...Object.fromEntries(files), 'apps/cli/src/long.ts': '\n'.repeat(351) })
  for (const [name, breaches] of Object.entries(BREACHES)) {
    const named = stdout.split(`--- ${name}\n`)[1]?.split('\n\n')[0]?.split('\n')
    expect(named).toEqual(breaches.map(([, , reported]) => expect.stringContaining(reported)))
  }
  expect(stdout).toContain('apps/cli/src/long.ts: 351')
  expect(stdout).toMatch(/^check: 0 passed, \d+ failed$/m)
  expect(status).toBe(1)
})
