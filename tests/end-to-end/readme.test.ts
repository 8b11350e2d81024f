import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { chooseFreePort } from '@importer/embedded-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { afterFile } from '../support/after-file.ts'
import { readMarkdownBlocks, readMarkdownExamples, type MarkdownExample } from '../support/markdown-examples.ts'
import { findPostgresPrograms } from '../support/postgres-programs.ts'
import { searchLogs } from '../support/private-text.ts'
import { openShell, type ShellSession } from '../support/shell-session.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
/** In the order in which a reader comes to them: the second goes on where the first ends. */
const EXAMPLES = ['README.md', 'docs/documented-api.md'].flatMap((page) =>
  readMarkdownExamples(read(page)).map((example) => ({ ...example, page })),
)

/** What needs a machine of its own, or is this very test, and which part of CI runs it. */
const RUN_ELSEWHERE: Record<string, [file: string, words: string]> = {
  'npm run demo': ['.ci/fresh-clone.mjs', "run('demo'"],
  'npm start': ['.ci/fresh-clone.mjs', "spawnScript('start'"],
  'npm test': ['.ci/run', "test_step 'tests' test"],
}
const [elsewhere, here] = [
  EXAMPLES.filter(({ command }) => command in RUN_ELSEWHERE),
  EXAMPLES.filter(({ command }) => !(command in RUN_ELSEWHERE)),
]

let dataDir: string
let port: number
let shell: ShellSession
let stop: () => Promise<void>

/** What the README says by default, `npm start` in this very checkout, in a folder and on a port of its own. */
beforeAll(async () => {
  dataDir = await makeTemporaryFolder()
  port = await chooseFreePort()
  stop = await startByNpm(dataDir)
  shell = openShell(describeEnvironment(dataDir))
}, 60_000)

afterAll(async () => {
  await shell.close()
  await stop()
  await searchLogs(dataDir)
}, 60_000)

function describeEnvironment(folder: string) {
  const { PATH = '', HOME = '' } = process.env
  return { cwd: REPOSITORY, env: { PATH, HOME, PORT: String(port), DATA_DIR: folder } }
}

/** Gives what ends it. */
async function startByNpm(folder: string): Promise<() => Promise<void>> {
  const options = describeEnvironment(folder)
  const npm = spawn('npm', ['start'], { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(npm, 'close')
  let output = ''
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const end = async (): Promise<void> => {
    // To npm and all that it started, as Ctrl-C does.
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, 'SIGTERM')
    await ended
  }
  afterFile(end)
  await waitUntil('npm start is ready', () => {
    if (npm.exitCode !== null) throw new Error(`npm start ended:\n${output}`)
    return output.includes(`Ready at http://127.0.0.1:${port}`)
  })
  return end
}

function read(file: string): string {
  return readFileSync(path.join(REPOSITORY, file), 'utf8')
}

/** The README's own text, but for the port and the folder. */
function translate(text: string): string {
  return text.replaceAll('8080', String(port)).replaceAll('.data/', `${dataDir}/`)
}

/** Times and keys are never the same again. */
function forgetWhatVaries(text: string): string {
  return text
    .replaceAll(/rik_[\w-]{43}/g, 'rik_…')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z, \d+\.\d s/g, 'TIME')
    .replaceAll(/_\d{13}_/g, '_TIME_')
    .trimEnd()
}

function forgetTimes(json: string): unknown {
  return JSON.parse(json.replaceAll(/\d{13}/g, 'TIME'))
}

function saysTheSame(stdout: string, output: NonNullable<MarkdownExample['output']>): boolean {
  try {
    expectSame(stdout, output)
    return true
  } catch {
    return false
  }
}

function expectSame(stdout: string, { language, text }: NonNullable<MarkdownExample['output']>): void {
  if (language === 'json') expect(forgetTimes(stdout)).toEqual(forgetTimes(translate(text)))
  else expect(forgetWhatVaries(stdout)).toBe(forgetWhatVaries(translate(text)))
}

describe('the README and the page that goes on with it', () => {
  test.each(
    here.map(
      (example) => [`${example.page}, line ${example.line}: ${example.command.split('\n')[0]}`, example] as const,
    ),
  )(
    '%s',
    async (_name, { command, output }) => {
      const run = async () => shell.run(translate(command))
      let result = await run()
      if (output !== null && command.includes('getUploadRedeemedCouponStatus')) {
        // "A moment later": a reader would ask again.
        result = await waitUntil('the status is the shown one', async () => {
          const again = await run()
          return saysTheSame(again.stdout, output) ? again : null
        }).catch(() => result)
      }
      expect(result, result.stderr).toMatchObject({ exitCode: 0 })
      if (output !== null) expectSame(result.stdout, output)
    },
    60_000,
  )

  test.each(elsewhere.map(({ command }) => command))('%s is run by CI', (command) => {
    const [file, words] = RUN_ELSEWHERE[command] ?? ['', '']
    expect(read(file)).toContain(words)
  })

  test('is short, and shows what there is in the order in which it is to be done', () => {
    expect(elsewhere.map(({ command }) => command)).toEqual(Object.keys(RUN_ELSEWHERE))
    expect(here.length).toBeGreaterThanOrEqual(8)
    expect(read('README.md').split('\n').length).toBeLessThan(150)
    expect(here.filter(({ output }) => output === null)).toEqual([])
  })

  test('and the pages beside it link to what is there', () => {
    const pages = ['.', 'docs', 'docs/decisions'].flatMap((folder) =>
      readdirSync(path.join(REPOSITORY, folder))
        .filter((name) => name.endsWith('.md'))
        .map((name) => path.join(folder, name)),
    )
    expect(pages.length).toBeGreaterThan(10)
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target = '']) => ({ page, target })),
    )
    expect(links.length).toBeGreaterThan(10)
    expect(links.filter(({ page, target }) => !existsSync(path.resolve(REPOSITORY, page, '..', target)))).toEqual([])
  })
})

describe.skipIf(findPostgresPrograms() === null)(
  'what docs/operations.md says of npm start',
  { timeout: 60_000 },
  () => {
    const readCommand = (heading: string): string => {
      const blocks = readMarkdownBlocks(read('docs/operations.md')).filter((block) => block.heading === heading)
      expect(blocks).toHaveLength(1)
      return translate(blocks[0]?.text ?? '')
    }

    test('psql looks into its database', async () => {
      const result = await shell.run(readCommand('Looking into the database'))
      expect(result, result.stderr).toMatchObject({ exitCode: 0 })
      expect(result.stdout).toMatch(/^ +1 \| completed \| redemptions_\d+_953234\.csv$/m)
    })

    test('a copy of its folder is a backup that starts elsewhere', async () => {
      const imported = await shell.run(`npm run --silent cli -- status 1 --json`)
      await stop()
      const copy = path.join(await makeTemporaryFolder(), 'copy')
      const result = await shell.run(readCommand('With npm start').replace('/var/backups/redemptions', copy))
      expect(result, result.stderr).toMatchObject({ exitCode: 0 })
      stop = await startByNpm(copy)
      expect(await shell.run(`npm run --silent cli -- status 1 --json`)).toMatchObject({
        exitCode: 0,
        stdout: imported.stdout,
      })
    })
  },
)
