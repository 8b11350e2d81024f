/**
 * The linter refuses what the house rules forbid. That it lets pass what they allow, `npm run check` shows, on every file of
 * the repository.
 */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'

import { makeTemporaryFolder } from './support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '..')

/** One small file each, alone in its breach, at a place where the rule holds. */
const BREACHES: [rule: string, file: string, code: string][] = [
  // Of another package: the types are found across packages.
  [
    'typescript(no-floating-promises)',
    'apps/worker/src/floating.ts',
    `import { readNext } from '@importer/runtime'\nexport function read(): void {\n  readNext()\n}\n`,
  ],
  [
    'typescript(no-misused-promises)',
    'apps/worker/src/misused.ts',
    `export const read = (names: string[]): void => names.forEach(async (name) => Promise.resolve(name))\n`,
  ],
  [
    'typescript(no-explicit-any)',
    'packages/csv/src/any.ts',
    `export const read = (cell: any): string => String(cell)\n`,
  ],
  [
    'typescript(no-non-null-assertion)',
    'packages/csv/src/non-null.ts',
    `export const read = (cells: string[]): string => cells[0]!\n`,
  ],
  [
    'eslint(no-empty)',
    'packages/csv/src/swallowed.ts',
    `export function read(text: string): void {\n  try {\n    BigInt(text)\n  } catch {}\n}\n`,
  ],
  ['import(no-cycle)', 'packages/csv/src/circle-left.ts', `export { right as left } from './circle-right.ts'\n`],
  ['import(no-cycle)', 'packages/csv/src/circle-right.ts', `export { left as right } from './circle-left.ts'\n`],
  ['eslint(no-console)', 'packages/imports/src/prints.ts', `export const report = (): void => console.log('done')\n`],
  ['unicorn(no-process-exit)', 'packages/runtime/src/exits.ts', `export const stop = (): never => process.exit(1)\n`],
  [
    'eslint(no-restricted-properties)',
    'packages/runtime/src/reads-environment.ts',
    `export const port = process.env['PORT']\n`,
  ],
  [
    'vitest(no-restricted-vi-methods)',
    'packages/csv/src/mock.test.ts',
    `import { vi } from 'vitest'\nvi.mock('./cell.ts', () => ({}))\n`,
  ],
  ['vitest(no-focused-tests)', 'tests/only.test.ts', `import { test } from 'vitest'\ntest.only('reads', () => {})\n`],
  [
    'vitest(no-disabled-tests)',
    'packages/csv/src/skip.test.ts',
    `import { describe } from 'vitest'\ndescribe.skip('reads', () => {})\n`,
  ],
  ['vitest(warn-todo)', 'packages/csv/src/todo.test.ts', `import { test } from 'vitest'\ntest.todo('reads')\n`],
]

const A_PATH = '../../csv/src/cell.ts'
/** For each part of the configuration, by one folder of it: a package, a path and libraries that it may not import. */
const FORBIDDEN: Record<string, string[]> = {
  'apps/intake': ['@importer/worker', '../../worker/src/cell.ts', 'pg', 'bullmq', 'node:process'],
  'apps/dashboard': ['@importer/db', '../../intake/src/cell.ts', 'node:fs'],
  'packages/contracts': ['@importer/csv', A_PATH, '@prisma/client', 'bullmq', 'process'],
  'packages/client': ['@importer/db', A_PATH, 'pg', 'bullmq', 'process'],
  'packages/connections': ['@importer/db', A_PATH, '@prisma/client', 'ioredis', 'process'],
  'packages/db': ['@importer/runtime', A_PATH, 'bullmq', 'process'],
  'packages/runtime': ['@importer/queue', '../../../apps/intake/src/cell.ts', 'pg', 'bullmq', 'process'],
  'packages/queue': ['@importer/db', A_PATH, '@prisma/client', 'process'],
  'packages/imports': ['@importer/queue', A_PATH, 'pg', 'bullmq', 'process'],
  'packages/observability': ['@importer/queue', A_PATH, 'pg', 'bullmq', 'process'],
  'packages/local-system': ['@importer/db', A_PATH, 'pg', 'bullmq', 'process'],
  'packages/webhooks': ['@importer/imports', A_PATH, 'pg', 'bullmq', 'process'],
  'packages/csv/test': [A_PATH, 'process'],
}

interface Diagnostic {
  readonly filename: string
  readonly code: string
  readonly severity: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

let folder = ''
let diagnostics: readonly Diagnostic[] = []

async function put(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
  await writeFile(path.join(folder, file), text, { flag: 'wx' })
}

/** What the real linter, with the real configuration, says of the folder's files. */
function lint(): readonly Diagnostic[] {
  const oxlint = path.join(REPOSITORY, 'node_modules/oxlint/bin/oxlint')
  const { status, stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format', 'json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 1 || !stdout.startsWith('{'))
    throw new Error(`oxlint found nothing or could not run (exit ${status}): ${stdout}${stderr}`)
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
}

beforeAll(async () => {
  folder = await realpath(await makeTemporaryFolder())
  for (const file of ['.oxlintrc.json', 'tsconfig.base.json', 'tsconfig.json', 'package.json'])
    await cp(path.join(REPOSITORY, file), path.join(folder, file))
  await mkdir(path.join(folder, 'node_modules/@importer'), { recursive: true })
  for (const dependency of ['.bin', '@types', 'typescript', 'vitest'])
    await symlink(path.join(REPOSITORY, 'node_modules', dependency), path.join(folder, 'node_modules', dependency))
  await symlink('../../packages/runtime', path.join(folder, 'node_modules/@importer/runtime'))
  await put('packages/runtime/package.json', '{ "name": "@importer/runtime", "exports": "./src/index.ts" }')
  await put('packages/runtime/src/index.ts', 'export async function readNext(): Promise<void> {}\n')
  for (const [, file, code] of BREACHES) await put(file, code)
  for (const [home, specifiers] of Object.entries(FORBIDDEN)) {
    const lines = specifiers.map((specifier, n) => `export { cell as cell${n} } from '${specifier}'\n`)
    await put(`${home}/src/imports.ts`, lines.join(''))
  }
  diagnostics = lint()
}, 60_000)

describe('the linter refuses', () => {
  test.each(BREACHES)('%s in %s', (rule, file) => {
    expect(diagnostics).toContainEqual(expect.objectContaining({ filename: file, code: rule, severity: 'error' }))
  })

  test.each(Object.entries(FORBIDDEN))('what %s may not import', (home, specifiers) => {
    const lines = diagnostics
      .filter(({ filename, code }) => filename === `${home}/src/imports.ts` && code === 'eslint(no-restricted-imports)')
      .map(({ labels }) => Number(labels[0]?.span.line) - 1)
    expect(lines.toSorted((one, other) => one - other).map((line) => specifiers[line])).toEqual(specifiers)
  })
})
