/**
 * Brings a checkout to the state in which it can run: packages installed, Prisma's client generated, the dashboard
 * built. Needs nothing but Node and npm. What was done is remembered by a stamp under node_modules, so that a start with nothing to do costs a
 * few milliseconds.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { constants as osConstants } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const MODULES = path.join(ROOT, 'node_modules')
const STAMP = path.join(MODULES, '.setup-stamp.json')
const LOCK = path.join(MODULES, '.setup-lock')
const SCHEMA = path.join(ROOT, 'prisma', 'schema.prisma')
const DASHBOARD = path.join(ROOT, 'apps', 'dashboard')
const PNPM = 'pnpm@12.21.0'
const LOCK_TIMEOUT_MS = 10 * 60_000

/** Null, or the sentence that says why this Node cannot run the software. */
export function describeNodeFault(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return null
  return `Node ${version} is too old; expected Node 20.19 or newer (https://nodejs.org).`
}

/** Installs and generates what changed since the last time. Two at once: the second waits for the first. */
export async function setup() {
  const install = hashInstall()
  const wanted = { install, client: hashClient(), dashboard: hashDashboard(install) }
  if (isDone(wanted)) return
  fs.mkdirSync(MODULES, { recursive: true })
  await takeLock()
  try {
    const done = readStamp()
    if (done.install !== wanted.install) {
      print('Installing packages…')
      await runQuietly('pnpm install', ...installCommand())
      writeStamp({ ...done, install: wanted.install })
    }
    if (done.client !== wanted.client || !isClientThere()) {
      print("Generating Prisma's client…")
      await runQuietly('prisma generate', ...generateCommand())
      writeStamp({ ...readStamp(), client: wanted.client })
    }
    if (done.dashboard !== wanted.dashboard || !isDashboardThere()) {
      print('Building the dashboard…')
      await buildDashboard()
      writeStamp({ ...readStamp(), dashboard: wanted.dashboard })
    }
  } finally {
    fs.rmSync(LOCK, { force: true })
  }
}

function isDone(wanted) {
  const done = readStamp()
  return Object.keys(wanted).every((part) => done[part] === wanted[part]) && isClientThere() && isDashboardThere()
}

/** What decides about the installed packages. The platform counts: some packages hold its binaries. */
function hashInstall() {
  const workspace = read('pnpm-workspace.yaml')
  const manifests = ['package.json']
  for (const [, folder] of workspace.matchAll(/^ {2}- '?([\w-]+)\/\*'?$/gm)) {
    if (!fs.existsSync(path.join(ROOT, folder))) continue
    for (const name of fs.readdirSync(path.join(ROOT, folder)).sort()) {
      const manifest = `${folder}/${name}/package.json`
      if (fs.existsSync(path.join(ROOT, manifest))) manifests.push(manifest)
    }
  }
  const parts = [process.platform, process.arch, PNPM, workspace, read('pnpm-lock.yaml')]
  for (const manifest of manifests) parts.push(manifest, read(manifest))
  return hash(parts)
}

/** What decides about the generated client: the schema and the versions of Prisma. */
function hashClient() {
  const versions = read('pnpm-workspace.yaml')
    .split('\n')
    .filter((line) => /^ +'?@?prisma\b/.test(line))
  return hash([fs.readFileSync(SCHEMA, 'utf8'), ...versions])
}

function isClientThere() {
  const output = /^\s*output\s*=\s*"([^"]+)"/m.exec(fs.readFileSync(SCHEMA, 'utf8'))
  return output === null || fs.existsSync(path.resolve(path.dirname(SCHEMA), output[1], 'client.ts'))
}

/** What decides about the built dashboard: its sources, those of the packages that it bundles, and all versions. */
function hashDashboard(install) {
  const folders = ['apps/dashboard', 'packages/client', 'packages/contracts']
  const files = folders.flatMap((folder) => listSources(path.join(ROOT, folder)))
  const parts = [install]
  for (const file of files.sort((a, b) => (a < b ? -1 : 1)))
    parts.push(path.relative(ROOT, file), fs.readFileSync(file, 'utf8'))
  return hash(parts)
}

function listSources(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (/^(?:node_modules|dist.*)$/.test(entry.name) || /\.test\.tsx?$/.test(entry.name)) return []
    const file = path.join(folder, entry.name)
    return entry.isDirectory() ? listSources(file) : [file]
  })
}

function isDashboardThere() {
  return fs.existsSync(path.join(DASHBOARD, 'dist', 'index.html'))
}

/** Into a folder of its own first: an intake app that starts meanwhile finds the page as it was, or as it is. */
async function buildDashboard() {
  const require = createRequire(path.join(DASHBOARD, 'package.json'))
  const manifest = require.resolve('vite/package.json')
  const vite = path.join(path.dirname(manifest), require(manifest).bin.vite)
  const built = path.join(DASHBOARD, 'dist')
  const fresh = `${built}.${process.pid}`
  try {
    await runQuietly('vite build', process.execPath, [vite, 'build', '--outDir', fresh, '--logLevel', 'warn'], {
      cwd: DASHBOARD,
      env: { ...process.env, NODE_ENV: 'production', ...usableHome() },
    })
    fs.rmSync(built, { recursive: true, force: true })
    fs.renameSync(fresh, built)
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true })
  }
}

function read(relative) {
  return fs.readFileSync(path.join(ROOT, relative), 'utf8')
}

function hash(parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(STAMP, 'utf8'))
  } catch (error) {
    // No stamp, or one that a killed process left unfinished: everything is to be done.
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

function writeStamp(stamp) {
  const fresh = `${STAMP}.${process.pid}`
  fs.writeFileSync(fresh, JSON.stringify(stamp))
  fs.renameSync(fresh, STAMP)
}

/** The lock is a file with the holder's process id. One whose holder is dead is moved away and taken. */
async function takeLock() {
  const deadline = Date.now() + LOCK_TIMEOUT_MS
  let isWaitPrinted = false
  for (;;) {
    try {
      fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = readLockHolder(LOCK)
    if (holder !== null && !isAlive(holder)) {
      moveStaleLockAway()
      continue
    }
    if (Date.now() > deadline) {
      throw new Error(
        `Process ${holder ?? '(unknown)'} has been setting up for 10 minutes; delete ${LOCK} if it is not.`,
      )
    }
    if (!isWaitPrinted) print('Waiting for another setup of this checkout…')
    isWaitPrinted = true
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
}

/** Between the look and the move another process may have taken the lock anew: then it gets it back. */
function moveStaleLockAway() {
  const stale = `${LOCK}.stale.${process.pid}`
  try {
    fs.renameSync(LOCK, stale)
    const holder = readLockHolder(stale)
    if (holder !== null && isAlive(holder)) fs.linkSync(stale, LOCK)
  } catch (error) {
    // Somebody else moved it, or took it since: the next look will tell.
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    fs.rmSync(stale, { force: true })
  }
}

/** Null when the file is gone or its holder has not yet written its id. */
function readLockHolder(file) {
  try {
    return Number.parseInt(fs.readFileSync(file, 'utf8'), 10) || null
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function installCommand() {
  const npx = ['--yes', '--include=optional', '--ignore-scripts=false', PNPM]
  const pnpm = ['install', '--frozen-lockfile', '--prod=false']
  const cli = findNpxCli()
  const env = { ...process.env, CI: '1', ...usableHome() }
  // A user's choice for his own projects: it would leave out the development packages or their build steps.
  for (const name of Object.keys(env)) {
    if (/^(node_env|(npm|pnpm)_config_(production|omit|only|ignore_scripts|node_linker|dry_run))$/i.test(name)) {
      delete env[name]
    }
  }
  if (cli !== null) return [process.execPath, [cli, ...npx, ...pnpm], { env }]
  return ['npx', [...npx, ...pnpm], { env, shell: process.platform === 'win32' }]
}

/** npm's own npx, so that the one which belongs to this Node runs. Null: the one on the PATH must do. */
function findNpxCli() {
  const node = path.dirname(process.execPath)
  const candidates = [
    path.join(node, '..', 'lib', 'node_modules', 'npm', 'bin', 'npx-cli.js'),
    path.join(node, 'node_modules', 'npm', 'bin', 'npx-cli.js'),
  ]
  if (process.env.npm_execpath) candidates.unshift(path.join(path.dirname(process.env.npm_execpath), 'npx-cli.js'))
  return candidates.find((candidate) => fs.existsSync(candidate)) ?? null
}

/** npm and pnpm keep their caches under the home folder: where there is none to write to, the checkout lends one. */
function usableHome() {
  const home = process.platform === 'win32' ? process.env.USERPROFILE : process.env.HOME
  try {
    if (!home) throw new Error('there is no home')
    fs.accessSync(home, fs.constants.W_OK)
    return {}
  } catch {
    const lent = path.join(MODULES, '.setup-home')
    fs.mkdirSync(lent, { recursive: true })
    return { HOME: lent, npm_config_cache: path.join(lent, '.npm') }
  }
}

function generateCommand() {
  const require = createRequire(path.join(ROOT, 'package.json'))
  const manifest = require.resolve('prisma/package.json')
  const prisma = path.join(path.dirname(manifest), require(manifest).bin.prisma)
  const env = {
    ...process.env,
    // Prisma's command line insists on a native engine that generating never runs: any executable will do.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    ...usableHome(),
  }
  return [process.execPath, [prisma, 'generate', '--schema', SCHEMA], { env }]
}

/** Runs a command in the checkout and shows its output only if it fails. A signal to us ends the command first. */
async function runQuietly(name, command, args, options) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      output += text
    })
  }
  const forward = (signal) => {
    child.kill(signal)
    fs.rmSync(LOCK, { force: true })
    process.exit(128 + osConstants.signals[signal])
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  try {
    await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        if (code === 0) resolve()
        else reject(new Error(`${name} failed (${signal ?? `exit code ${code}`}).\n${output.trimEnd()}`))
      })
    })
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}

function print(line) {
  process.stderr.write(`${line}\n`)
}

/** {@link setup} for a script: a failure is reported and ends the process. */
export async function setupOrExit() {
  const fault = describeNodeFault(process.versions.node)
  if (fault !== null) {
    print(fault)
    process.exit(1)
  }
  try {
    await setup()
  } catch (error) {
    print(`Setup failed: ${error.message}`)
    process.exit(1)
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await setupOrExit()
