import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
const PACKAGES = [
  'client',
  'connections',
  'contracts',
  'csv',
  'db',
  'demo-data',
  'embedded-postgres',
  'file-store',
  'imports',
  'local-system',
  'observability',
  'queue',
  'runtime',
  'webhooks',
]

interface Sample {
  /** what the linter must say, as `plugin(rule)`; null: nothing at all */
  rule: string | null
  file: string
  code: string
}

const RESTRICTED_IMPORT = 'eslint(no-restricted-imports)'
const PROCESS_ENV = 'eslint(no-restricted-properties)'
const PROCESS_EXIT = 'unicorn(no-process-exit)'

/** One small file each, alone in its breach, at a place where the rule holds. */
const BREACHES: Record<string, Sample> = {
  'a floating promise of another package': {
    rule: 'typescript(no-floating-promises)',
    file: 'apps/worker/src/floating-across.ts',
    code: `import { readNext } from '@importer/runtime'\nexport function startReading(): void {\n  readNext()\n}\n`,
  },
  'an async callback where nobody waits for it': {
    rule: 'typescript(no-misused-promises)',
    file: 'apps/worker/src/misused.ts',
    code: `import { readNext } from '@importer/runtime'\nexport function readAll(names: string[]): void {\n  names.forEach(async () => readNext())\n}\n`,
  },
  any: {
    rule: 'typescript(no-explicit-any)',
    file: 'packages/csv/src/any.ts',
    code: `export function readCell(cell: any): string {\n  return String(cell)\n}\n`,
  },
  'a non-null assertion': {
    rule: 'typescript(no-non-null-assertion)',
    file: 'packages/csv/src/non-null.ts',
    code: `export function readFirst(cells: string[]): string {\n  return cells[0]!\n}\n`,
  },
  'a swallowed error': {
    rule: 'eslint(no-empty)',
    file: 'packages/csv/src/swallowed.ts',
    code: `export function readNumber(text: string): unknown {\n  try {\n    return BigInt(text)\n  } catch {}\n  return null\n}\n`,
  },
  'a circle of imports': {
    rule: 'import(no-cycle)',
    file: 'packages/csv/src/circle-left.ts',
    code: `import { right } from './circle-right.ts'\nexport function left(): number {\n  return right()\n}\n`,
  },
  'printing where the log belongs': {
    rule: 'eslint(no-console)',
    file: 'packages/imports/src/prints.ts',
    code: `export function report(): void {\n  console.log('done')\n}\n`,
  },
  'an exit outside of main.ts': {
    rule: PROCESS_EXIT,
    file: 'packages/runtime/src/exits.ts',
    code: `export function stop(): void {\n  process.exit(1)\n}\n`,
  },
  'the environment outside of env.ts': {
    rule: PROCESS_ENV,
    file: 'packages/runtime/src/reads-environment.ts',
    code: `export function readPort(): string | undefined {\n  return process.env['PORT']\n}\n`,
  },
  'the environment taken out of process': {
    rule: PROCESS_ENV,
    file: 'apps/intake/src/takes-environment.ts',
    code: `export function readPort(): string | undefined {\n  const { env } = process\n  return env['PORT']\n}\n`,
  },
  'the environment imported': {
    rule: RESTRICTED_IMPORT,
    file: 'apps/intake/src/imports-environment.ts',
    code: `import { env } from 'node:process'\nexport const port = env['PORT']\n`,
  },
  'a mock of our own part': {
    rule: 'vitest(no-restricted-vi-methods)',
    file: 'packages/csv/src/mock.test.ts',
    code: `import { vi } from 'vitest'\nvi.mock('./cell.ts', () => ({}))\n`,
  },
  'a test that is left alone': {
    rule: 'vitest(no-focused-tests)',
    file: 'tests/only.test.ts',
    code: `import { test } from 'vitest'\ntest.only('reads', () => {})\n`,
  },
  'a suite that is skipped': {
    rule: 'vitest(no-disabled-tests)',
    file: 'packages/csv/src/skip.test.ts',
    code: `import { describe } from 'vitest'\ndescribe.skip('reads', () => {})\n`,
  },
  'a test that is still to be written': {
    rule: 'vitest(warn-todo)',
    file: 'packages/csv/src/todo.test.ts',
    code: `import { test } from 'vitest'\ntest.todo('reads')\n`,
  },
  // Of each folder an app, a package and a library that it may not import; once by a path instead of a name.
  ...forbidImports('apps/intake', ['@importer/worker', '../../worker/src/cell.ts', '@prisma/client', 'pg', 'bullmq']),
  ...forbidImports('apps/worker', ['@importer/intake', 'bullmq']),
  ...forbidImports('apps/cli', ['@importer/migrate']),
  ...forbidImports('apps/supervisor', ['@importer/intake']),
  ...forbidImports('packages/client', ['@importer/db', 'pg']),
  ...forbidImports('packages/demo-data', ['@importer/db', 'bullmq']),
  ...forbidImports('packages/contracts', ['@importer/csv', '../../csv/src/cell.ts', 'pg']),
  ...forbidImports('packages/connections', ['@importer/db', 'ioredis']),
  ...forbidImports('packages/csv', ['@importer/contracts', '@prisma/client']),
  ...forbidImports('packages/db', ['@importer/runtime', '@importer/intake', 'bullmq']),
  ...forbidImports('packages/runtime', ['@importer/queue', '../../../apps/intake/src/cell.ts', 'pg', 'bullmq']),
  ...forbidImports('packages/queue', ['@importer/db', '@importer/imports', '@prisma/client']),
  ...forbidImports('packages/imports', ['@importer/worker', 'pg', 'bullmq']),
  ...forbidImports('packages/webhooks', ['@importer/imports', 'pg']),
}

/** What is allowed stays allowed: a rule that always fires proves nothing. */
const ALLOWED: Record<string, Sample> = {
  'a promise that is waited for': {
    rule: null,
    file: 'apps/worker/src/waits.ts',
    code: `import { readNext } from '@importer/runtime'\nexport async function read(): Promise<void> {\n  await readNext()\n}\n`,
  },
  'the environment in env.ts': {
    rule: null,
    file: 'packages/runtime/src/env.ts',
    code: `export function readPort(): string | undefined {\n  return process.env['PORT']\n}\n`,
  },
  'the environment in a test': {
    rule: null,
    file: 'tests/environment.test.ts',
    code: `export const port = process.env['PORT']\n`,
  },
  'an exit in main.ts': {
    rule: null,
    file: 'apps/worker/src/main.ts',
    code: `export function stop(): void {\n  process.exit(1)\n}\n`,
  },
  'a suite that runs only where its server is': {
    rule: null,
    file: 'tests/skip-if.test.ts',
    code: `import { describe, expect, test } from 'vitest'\ndescribe.skipIf(process.platform === 'win32')('Redis', () => {\n  test('answers', () => {\n    expect(1).toBe(1)\n  })\n})\n`,
  },
  ...allowImports('apps/intake', ['@importer/db', './cell.ts']),
  ...allowImports('apps/worker', ['@importer/webhooks']),
  ...allowImports('apps/cli', ['@importer/client']),
  ...allowImports('apps/supervisor', ['@importer/local-system']),
  ...allowImports('packages/demo-data', ['@importer/csv']),
  ...allowImports('packages/connections', ['pg']),
  ...allowImports('packages/db', ['@importer/connections', '@prisma/client', 'pg']),
  ...allowImports('packages/runtime', ['@importer/contracts', 'pino']),
  ...allowImports('packages/queue', ['@importer/connections', '@importer/runtime', 'pg', 'bullmq', 'ioredis']),
  ...allowImports('packages/webhooks', ['@importer/db', 'undici']),
  ...allowImports('packages/imports', ['@importer/csv', '@importer/db', '@importer/runtime']),
}

function forbidImports(folder: string, specifiers: string[]): Record<string, Sample> {
  return importEach(folder, specifiers, RESTRICTED_IMPORT)
}

function allowImports(folder: string, specifiers: string[]): Record<string, Sample> {
  return importEach(folder, specifiers, null)
}

function importEach(folder: string, specifiers: string[], rule: string | null): Record<string, Sample> {
  return Object.fromEntries(
    specifiers.map((specifier) => [
      `${folder} importing ${specifier}`,
      {
        rule,
        file: `${folder}/src/imports-${specifier.replace(/[^a-z]+/g, '-').replace(/^-|-$/g, '')}.ts`,
        code: `export { cell } from '${specifier}'\n`,
      },
    ]),
  )
}

/** What the real linter, with the real configuration, says of each file: its path → the rules that it breaks. */
function lint(folder: string): Map<string, string[]> {
  const oxlint = path.join(REPOSITORY, 'node_modules/oxlint/bin/oxlint')
  const { status, stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format', 'json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 1 || !stdout.startsWith('{'))
    throw new Error(`oxlint found nothing or could not run (exit ${status}): ${stdout}${stderr}`)
  const rulesByFile = new Map<string, string[]>()
  for (const { filename, code, severity } of JSON.parse(stdout).diagnostics) {
    expect(severity, `${code} in ${filename}`).toBe('error')
    rulesByFile.set(filename, [...(rulesByFile.get(filename) ?? []), code])
  }
  return rulesByFile
}

let folder = ''
let rulesByFile = new Map<string, string[]>()

async function put(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
  await writeFile(path.join(folder, file), text, { flag: 'wx' })
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'house-rules-')))
  for (const file of ['.oxlintrc.json', 'tsconfig.base.json', 'tsconfig.json', 'package.json']) {
    await cp(path.join(REPOSITORY, file), path.join(folder, file))
  }
  await mkdir(path.join(folder, 'node_modules/@importer'), { recursive: true })
  for (const dependency of ['.bin', '@types', 'typescript', 'vitest']) {
    await symlink(path.join(REPOSITORY, 'node_modules', dependency), path.join(folder, 'node_modules', dependency))
  }
  for (const name of PACKAGES) {
    await put(
      `packages/${name}/package.json`,
      JSON.stringify({ name: `@importer/${name}`, type: 'module', exports: { '.': './src/index.ts' } }),
    )
    await symlink(`../../packages/${name}`, path.join(folder, 'node_modules/@importer', name))
    await put(
      `packages/${name}/src/cell.ts`,
      `export interface Cell {\n  text: string\n}\nexport const cell: Cell = { text: '' }\n`,
    )
    if (name !== 'runtime') await put(`packages/${name}/src/index.ts`, `export { cell } from './cell.ts'\n`)
  }
  await put(
    'packages/runtime/src/index.ts',
    `export { cell } from './cell.ts'\nexport async function readNext(): Promise<void> {}\n`,
  )
  await put('apps/intake/src/cell.ts', `export const cell = 1\n`)
  await put('apps/worker/src/cell.ts', `export const cell = 1\n`)
  await put(
    'packages/csv/src/circle-right.ts',
    `import { left } from './circle-left.ts'\nexport function right(): number {\n  return left()\n}\n`,
  )
  for (const { file, code } of [...Object.values(BREACHES), ...Object.values(ALLOWED)]) await put(file, code)
  rulesByFile = lint(folder)
}, 60_000)

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('the linter refuses', () => {
  test.each(Object.entries(BREACHES))('%s', (_name, { file, rule }) => {
    expect(rulesByFile.get(file)).toContain(rule)
  })
})

describe('the linter lets pass', () => {
  test.each(Object.entries(ALLOWED))('%s', (_name, { file }) => {
    expect(rulesByFile.get(file)).toBeUndefined()
  })
})
