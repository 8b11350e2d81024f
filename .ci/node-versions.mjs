#!/usr/bin/env node
/**
 * The demo and a few tests on the oldest and on each newer Node that is promised to do, which the npm package `node` brings.
 * `node .ci/node-versions.mjs [results.json]` exits 1 if one fails. Runs in this checkout, set up for the machine's own Node.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const VERSIONS = ['20.19', '22', '24', '26']
/** Reading, the database with Prisma, HTTP, and the log: what a version of Node may change. */
const SMOKE_TESTS = [
  'packages/csv/src/read-records.test.ts',
  'packages/runtime/src/log.test.ts',
  'apps/intake/src/compatible-api/redeem-file.test.ts',
]

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'node-versions-')))
const counts = { passed: 0, failed: 0, skipped: 0 }
try {
  // Each waits for the registry.
  await Promise.all(VERSIONS.map(install))
  for (const version of VERSIONS) tryVersion(version)
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
  if (process.argv[2] !== undefined) fs.writeFileSync(process.argv[2], JSON.stringify(counts))
}
console.log(`node-versions: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0

async function install(version) {
  const cwd = path.join(folder, String(version))
  fs.mkdirSync(cwd)
  const options = ['--no-audit', '--no-fund', '--loglevel=error']
  await promisify(execFile)('npm', ['install', ...options, `node@${version}`], { cwd })
}

function tryVersion(version) {
  const home = path.join(folder, String(version))
  const bin = path.join(home, 'node_modules/node/bin')
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` }
  const found = execFileSync('node', ['--version'], { env, encoding: 'utf8' }).trim()
  if (!found.startsWith(`v${version}.`)) throw new Error(`Node ${version} was asked for, and ${found} is there`)
  run(`npm run demo on Node ${found}`, ['run', 'demo'], { ...env, PORT: '0', DATA_DIR: path.join(home, 'data') })
  run(`a few tests on Node ${found}`, ['test', '--', ...SMOKE_TESTS], env)
}

function run(name, args, env) {
  const startedAt = performance.now()
  const { status, stdout } = spawnSync('npm', args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) {
    counts.passed += 1
    console.log(`ok       ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  } else {
    counts.failed += 1
    console.log(`FAILED   ${name}: it exited with ${status}\n${stdout}`)
  }
}
