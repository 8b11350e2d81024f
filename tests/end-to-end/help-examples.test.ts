import { readdirSync, readFileSync } from 'node:fs'
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  listCommands,
  openCommandLine,
  readExamples,
  REPOSITORY,
  splitWords,
  type CommandLine,
  type Ended,
} from '../support/command-line.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { readMarkdownExamples } from '../support/markdown-examples.ts'
import { openShell } from '../support/shell-session.ts'

const COMMANDS = listCommands()
const DOCS = path.join(REPOSITORY, 'docs')
const PAGE = readFileSync(path.join(DOCS, 'command-line.md'), 'utf8')
/** Commands that hold others, and those that are tested by themselves. */
const WITHOUT_EXAMPLES = new Set(['', 'reference', 'keys', 'webhooks', 'profiles', 'upload'])
/** Run by listen.test.ts, which has a receiver. */
const ELSEWHERE = new Set(['listen'])
/** What it depends on where the import or the endpoint stands; otherwise 0. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  'redemptions wait 1 --for 10m': 1,
  'redemptions watch 1': 1,
  // Import 1 has ended.
  'redemptions cancel 1': 2,
  'redemptions resume 1 --wait': 2,
  // Its other rows are still wrong.
  'redemptions retry 1 --set till:99=17': 2,
}
/** The state that an example needs comes first; what takes it away comes last. */
const LATER = [
  / webhooks (?!create|list|secret)/,
  / webhooks delete/,
  / profiles delete/,
  / retry /,
  / revert /,
  / keys revoke/,
  / logout/,
]

let system: RunningSystem
let cli: CommandLine

beforeAll(async () => {
  system = await startSystem({ env: { WEBHOOK_ALLOW_HTTP: 'true' } })
  cli = await openCommandLine(system)
  const examples = path.join(REPOSITORY, 'docs/examples')
  for (const name of (await readdir(examples)).filter((file) => file.endsWith('.csv'))) {
    await copyFile(path.join(examples, name), path.join(cli.folder, name))
  }
  for (const kind of ['series', 'customers', 'tills', 'coupons']) {
    expect(await cli.run(['reference', 'put', kind, `${kind}.csv`])).toMatchObject({ exitCode: 0 })
  }
  await writeFile(
    path.join(cli.folder, 'redemptions.csv.gz'),
    gzipSync(await readFile(path.join(cli.folder, 'redemptions.csv'))),
  )
  await writeFile(path.join(cli.folder, 'key.txt'), TEST_KEY)
})
afterAll(() => system.stop())

function listExamples(): string[] {
  const all = COMMANDS.filter(({ name }) => !ELSEWHERE.has(name)).flatMap(({ help }) => readExamples(help))
  const rank = (line: string): number => LATER.findLastIndex((pattern) => pattern.test(line))
  // Importing first: the others show what became of it.
  return all.toSorted((a, b) => rank(a) - rank(b))
}

/** Those of the page, one by one, in its order. */
function listPageExamples(): string[] {
  return readMarkdownExamples(PAGE).flatMap(({ command }) => command.split(/(?<!\\)\n/))
}

/** In this process, or in a shell where the example is one of a shell. */
async function run(line: string): Promise<Ended> {
  const here = line.replaceAll('http://127.0.0.1:8080', `http://127.0.0.1:${system.port}`)
  if (!/[|<>]/.test(here)) return cli.run(splitWords(here).slice(1), { env: { DATA_DIR: system.dataDir } })
  const { PATH = '' } = process.env
  const shell = openShell({
    cwd: cli.folder,
    env: { ...cli.env, PATH, HOME: cli.folder, XDG_CONFIG_HOME: path.join(cli.folder, '.config') },
  })
  const ended = await shell.run(
    `redemptions() { node ${path.join(REPOSITORY, 'scripts/redemptions.mjs')} "$@"; }\n${here}`,
  )
  await shell.close()
  return ended
}

test('every command has examples', () => {
  expect(COMMANDS.filter(({ name, help }) => !WITHOUT_EXAMPLES.has(name) && readExamples(help).length === 0)).toEqual(
    [],
  )
})

test.each([...listPageExamples(), ...listExamples()])(
  '%s',
  async (line) => {
    const expected = Object.entries(EXIT_CODES).find(([beginning]) => line.startsWith(beginning))?.[1]
    const hasRejected = line.includes(' import ') && line.includes('--wait')
    const ended = await run(line)
    expect(ended, ended.stderr).toMatchObject({ exitCode: expected ?? (hasRejected ? 1 : 0) })
  },
  60_000,
)

test('the pages name no command that there is not', () => {
  const pages = ['../README.md', ...readdirSync(DOCS).filter((name) => name.endsWith('.md'))]
  const named = pages.flatMap((page) =>
    [
      ...readFileSync(path.join(DOCS, page), 'utf8').matchAll(
        /`(?:redemptions|npm run (?:--silent )?cli --) ([a-z]+)/g,
      ),
    ].map(([, command = '']) => command),
  )
  expect(named.length).toBeGreaterThan(3)
  const names = new Set(COMMANDS.map(({ name }) => name))
  expect(named.filter((command) => !names.has(command))).toEqual([])
})
