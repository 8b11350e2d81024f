import { execFileSync, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
// Joined here, so that this file is no breach itself.
const REGISTRY = ['https://', 'registry', '.example', '.org/left-pad.tgz'].join('')
const MACHINE_PATH = ['', 'root', 'importer'].join('/')

const CLEAN = {
  'package.json': '{ "dependencies": { "tsx": "catalog:", "@importer/csv": "workspace:*" } }\n',
  'pnpm-workspace.yaml':
    "catalog:\n  '@types/pg': 8.23.1\n  tsx: 4.23.15\n  engine: 7.10.0-7.561d7b42\n\nsaveExact: true\n",
  'pnpm-lock.yaml': 'packages:\n  tsx@4.23.15:\n    resolution: {integrity: sha512-x}\n',
  'packages/csv/src/read-records.ts': "export const home = '/v1/root.ts'\n",
  // Ordinary English, a name that holds an old word by chance, an old migration, SQL's names and the variable's old name.
  'docs/plain.md': 'In turn, a clever client releases its place, and asks what the message tells: IMPORT_LANES\n',
  'packages/csv/src/versions.ts': 'export const listProfileVersions = killEverything\n',
  'prisma/migrations/20261124000000_start/migration.sql':
    'CREATE TABLE "import_lane" ("lane" INTEGER, "lease" INTEGER);\n',
  'packages/db/src/imports/claim.ts':
    'export const CLAIM = `UPDATE import_lane l SET lease = lease + 1 WHERE l.lane = 1`\n',
}

const BREACHES: [check: string, file: string, text: string, reported: string][] = [
  ['machine paths and registry hosts', 'docs/a.md', `see ${MACHINE_PATH}\n`, 'docs/a.md:1'],
  ['machine paths and registry hosts', 'pnpm-lock.yaml', `a: 1\ntarball: ${REGISTRY}\n`, 'pnpm-lock.yaml:2'],
  ['exact versions', 'pnpm-workspace.yaml', 'catalog:\n  tsx: ^4.23.15\n', 'tsx ^4.23.15'],
  ['exact versions', 'apps/worker/package.json', '{ "devDependencies": { "zod": "latest" } }\n', 'zod latest'],
  ['file names', 'packages/csv/src/string-utils.ts', 'export {}\n', 'packages/csv/src/string-utils.ts'],
  ['old words', 'docs/b.md', 'An import has\nthree lanes.\n', 'docs/b.md:2: "lanes"; write partition'],
  ['old words', 'apps/cli/src/sweep.ts', 'export {}\n', 'apps/cli/src/sweep.ts (its name): "sweep"'],
  ['old words', 'apps/cli/src/a.ts', 'export const LEVERS = tellEvent\n', 'apps/cli/src/a.ts:1: "LEVER"; write action'],
  [
    'old words',
    'packages/db/src/imports/c.ts',
    '// The holder of a lease of old.\n',
    'packages/db/src/imports/c.ts:1: "lease"',
  ],
]

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'check-script-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** What the check script says of a repository with these files: its own checks, as the tools are not installed there. */
async function check(files: Record<string, string>): Promise<{ status: number | null; output: string }> {
  const repository = await mkdtemp(path.join(folder, 'repository-'))
  execFileSync('git', ['init', '--quiet', repository])
  for (const script of ['scripts/check.mjs', 'scripts/old-words.mjs']) {
    await cp(path.join(REPOSITORY, script), path.join(repository, script))
  }
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(repository, file)), { recursive: true })
    await writeFile(path.join(repository, file), text)
  }
  const { status, stdout } = spawnSync(process.execPath, ['scripts/check.mjs'], { cwd: repository, encoding: 'utf8' })
  return { status, output: stdout }
}

describe('npm run check', () => {
  test('finds no fault of its own in a clean tree, names a file that is too long, and fails when a tool does', async () => {
    const { status, output } = await check({ ...CLEAN, 'apps/cli/src/long.ts': '\n'.repeat(351) })
    expect(output).toContain('apps/cli/src/long.ts: 351')
    for (const name of ['machine paths and registry hosts', 'exact versions', 'file names', 'old words']) {
      expect(output).toContain(`ok     ${name}`)
    }
    for (const name of ['types', 'lint', 'format', 'dead code']) expect(output).toContain(`FAILED ${name}`)
    expect(output).toContain('check: 4 passed, 6 failed')
    expect(status).toBe(1)
  })

  describe('in a tree with faults', () => {
    let reported = { status: null as number | null, output: '' }

    beforeAll(async () => {
      reported = await check({ ...CLEAN, ...Object.fromEntries(BREACHES.map(([, file, text]) => [file, text])) })
    })

    test.each(BREACHES)('%s: %s with %j', (name, _file, _text, words) => {
      expect(reported.output.split(`--- ${name}\n`)[1]?.split('\n---')[0]).toContain(words)
      expect(reported.output).toContain(`FAILED ${name}`)
      expect(reported.status).toBe(1)
    })
  })
})
