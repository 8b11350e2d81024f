/**
 * `npm run check`: everything that can be said about the code without running it. All checks run side by side; the
 * output of those that fail follows the summary. Exits 1 if any fails.
 */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { findOldWords } from './old-words.mjs'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const LOCKFILE = 'pnpm-lock.yaml'
const MOST_LINES = 350

const CHECKS = [
  ['types', () => runTool('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['types of the dashboard', () => runTool('typescript/bin/tsc', '-p', 'apps/dashboard/tsconfig.json')],
  ['types of the browser tests', () => runTool('typescript/bin/tsc', '-p', 'tests/browser/tsconfig.json')],
  ['lint', () => runTool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings')],
  ['format', () => runTool('oxfmt/bin/oxfmt', '--check')],
  ['dead code', () => runTool('knip/bin/knip.js', '--no-progress', '--no-config-hints')],
  ['machine paths and registry hosts', () => report(findForeignPaths())],
  ['exact versions', () => report(findLooseVersions())],
  ['file names', () => report(findVagueNames())],
  ['old words', () => report(findOldWords(files))],
]

const files = listFiles()
const results = await Promise.all(
  CHECKS.map(async ([name, run]) => {
    const startedAt = performance.now()
    const { faults } = await run()
    return { name, faults, seconds: (performance.now() - startedAt) / 1000 }
  }),
)
for (const { name, faults, seconds } of results) {
  console.log(`${faults === null ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
}
for (const { name, faults } of results) if (faults !== null) console.log(`\n--- ${name}\n${faults}`)
const long = findLongFiles()
if (long.length > 0) console.log(`\nWorth splitting, over ${MOST_LINES} lines:\n${long.join('\n')}`)
const failed = results.filter(({ faults }) => faults !== null).length
console.log(`\ncheck: ${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** Runs a tool of node_modules: its whole output if it fails, else no fault. */
async function runTool(script, ...args) {
  const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', script), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ faults: code === 0 ? null : output.trimEnd() || `ended with ${signal ?? `exit code ${code}`}` })
    })
  })
}

function report(faults) {
  return { faults: faults.length === 0 ? null : faults.join('\n') }
}

/** The text files of the repository, new ones included: relative path → content. */
function listFiles() {
  const { status, stdout, stderr } = spawnSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`)
  const texts = new Map()
  for (const file of stdout.split('\0')) {
    // A file that is deleted and not yet committed is listed still.
    if (file === '' || !fs.existsSync(path.join(ROOT, file))) continue
    const bytes = fs.readFileSync(path.join(ROOT, file))
    if (!bytes.includes(0)) texts.set(file, bytes.toString('utf8'))
  }
  return texts
}

/** Paths of one machine, and hosts that packages came from: they belong to whoever installs, not to the product. */
function findForeignPaths() {
  const machinePath = /(?<![\w.~/-])\/(?:work|root|tmp)\/\w/
  const registryHost = /\bregistry\.\w+\.\w+|https?:\/\/[^\s'"]*(?:registry|artifactory|nexus)\b/i
  const anyHost = /https?:\/\//
  return grep((file, line) =>
    file === LOCKFILE ? anyHost.test(line) : machinePath.test(line) || registryHost.test(line),
  )
}

/** Every version is one exact version: in the catalog, or in the manifest that needs what the catalog has not. */
function findLooseVersions() {
  const exact = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/
  const faults = []
  const catalog = /^catalog:\n((?:[ #].*\n|\n)*)/m.exec(files.get('pnpm-workspace.yaml'))
  if (catalog === null) return ['pnpm-workspace.yaml has no catalog']
  for (const [, name, version] of catalog[1].matchAll(/^ {2}'?([^\s:']+)'?: '?([^\s']+)'?$/gm)) {
    if (!exact.test(version)) faults.push(`pnpm-workspace.yaml: ${name} ${version}`)
  }
  for (const [file, text] of files) {
    if (path.posix.basename(file) !== 'package.json') continue
    const manifest = JSON.parse(text)
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        const isShared = version === 'catalog:' || version === 'workspace:*'
        if (!isShared && !exact.test(version)) faults.push(`${file}: ${name} ${version}`)
      }
    }
  }
  return faults
}

/** A file that is named after nothing collects everything. */
function findVagueNames() {
  return [...files.keys()].filter((file) => /(?:^|[/.-])(?:utils?|helpers?|managers?|misc|common)[.-][^/]*$/.test(file))
}

function findLongFiles() {
  return [...files]
    .filter(([file]) => /\.(?:tsx?|mjs)$/.test(file))
    .map(([file, text]) => [file, text.split('\n').length - 1])
    .filter(([, lines]) => lines > MOST_LINES)
    .map(([file, lines]) => `${file}: ${lines}`)
}

function grep(isFault) {
  return [...files].flatMap(([file, text]) =>
    text
      .split('\n')
      .map((line, index) => (isFault(file, line) ? `${file}:${index + 1}: ${line.trim().slice(0, 160)}` : null))
      .filter((fault) => fault !== null),
  )
}
