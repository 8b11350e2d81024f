#!/usr/bin/env node
/**
 * What a user meets: a fresh clone of the last commit in an empty folder, with an empty home, an empty npm cache and
 * pnpm store, and of programs only Node and npm. `node .ci/fresh-clone.mjs [results.json]` exits 1 if a step fails.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const REPOSITORY = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const DEMO_ROWS = 100_000

/** Where the checkout lies matters to the tests that start PostgreSQL and the system by themselves, and a little to all. */
const LOCATION_TESTS = [['test:start'], ['test', 'packages/db/src/migrate']]

// mkdtemp makes a folder that only its owner may enter, as a user's home often is: root's, where root runs this, has a
// place for the checkout that the user postgres cannot pass to.
const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'fresh-clone-')))
const clone = path.join(folder, 'clone')
const environment = makeEnvironment()
let isBlocked = false
const counts = { passed: 0, failed: 0, skipped: 0 }

try {
  await runSteps()
} finally {
  await killEverything()
  fs.rmSync(folder, { recursive: true, force: true })
  if (process.argv[2] !== undefined) fs.writeFileSync(process.argv[2], JSON.stringify(counts))
}
console.log(`fresh-clone: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0

async function runSteps() {
  const ports = [await findFreePort(), await findFreePort()]
  let running = null
  let key = ''
  let imported = null

  await step('git clone of the last commit', () => {
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', REPOSITORY, clone])
  })
  await step(
    'npm run demo ends well and shows what it did',
    async () => {
      const { status, output } = await run('demo', { PORT: String(ports[0]) }, 600)
      expect(status === 0, `it exited with ${status}`, output)
      expect(/completed/i.test(output), 'it does not print the final status', output)
      const numbers = new Set([...output.matchAll(/\d[\d,]*/g)].map(([text]) => Number(text.replaceAll(',', ''))))
      expect(numbers.has(DEMO_ROWS), `it does not speak of ${DEMO_ROWS} rows`, output)
      expect(/COUPON_NOT_FOUND|CUSTOMER_NOT_FOUND|INVALID_DATE/.test(output), 'it counts no error codes', output)
      expect(/rowNumber.*errorCode/.test(output), 'it does not show the head of the error report', output)
      console.log(output.trimEnd().split('\n').slice(-40).join('\n'))
    },
    { isNeeded: false },
  )
  await step('the demo leaves no process behind', () => untilNothingRuns(), { isNeeded: false })
  for (const [script, ...files] of LOCATION_TESTS) {
    await step(
      `${['npm run', script, ...files].join(' ')} passes in a folder that only its owner may enter`,
      async () => {
        const { status, output } = await run(script, {}, 600, files)
        expect(status === 0, `it exited with ${status}`, output)
        console.log(output.trimEnd().split('\n').slice(-8).join('\n'))
      },
      { isNeeded: false },
    )
  }
  await step('npm start comes up and prints its URL and key', async () => {
    running = await start(ports[0], path.join(clone, '.data-start'))
    key = readKey(running.dataDir)
    expect(running.output().includes(`:${ports[0]}`), 'it does not print its URL', running.output())
    expect(running.output().includes(key), 'it does not print the key that it made', running.output())
    const mode = fs.statSync(path.join(running.dataDir, 'api-key')).mode & 0o777
    expect(mode === 0o600, `the key's file has mode ${mode.toString(8)}`)
  })
  await step('it imports a file', async () => {
    await loadReference(running, key)
    imported = await importFile(running, key)
    expect(imported.uploadRedeemedCouponStatus === 'COMPLETED', 'the import failed', JSON.stringify(imported))
    expect(imported.totalUploadedCount === 3 && imported.errorCount === 1, 'wrong counts', JSON.stringify(imported))
  })
  await step('an instance with another port and folder knows nothing of it', async () => {
    const other = await start(ports[1], path.join(folder, 'other-data'))
    const answer = await callApi(other, key, 'GET', '/coupon/api/v1/upload/getUploadRedeemedCouponStatus/7')
    expect(answer.status === 401, `the first instance's key answers ${answer.status} there`)
    const own = await callApi(
      other,
      readKey(other.dataDir),
      'GET',
      '/coupon/api/v1/upload/getUploadRedeemedCouponStatus/7',
    )
    expect(own.status === 404, `the first instance's series answers ${own.status} there`)
    await stop(other)
  })
  await step('SIGTERM ends everything of npm start', async () => {
    await stop(running)
    await untilNothingRuns()
  })
  await step('a second npm start reuses the data', async () => {
    running = await start(ports[0], running.dataDir)
    expect(readKey(running.dataDir) === key, 'it made another key')
    await expectImport(running, key, imported)
  })
  await step('npm start after kill -9 of everything just works', async () => {
    await killEverything()
    running = await start(ports[0], running.dataDir)
    await expectImport(running, key, imported)
    const again = await importFile(running, key)
    expect(again.uploadRedeemedCouponStatus === 'COMPLETED', 'the same file again failed', JSON.stringify(again))
    expect(again.totalUploadedCount === 3 && again.errorCount === 1, 'wrong counts', JSON.stringify(again))
  })
  await step('and stops cleanly', async () => {
    await stop(running)
    await untilNothingRuns()
  })
  await step('no log of the demo or of any start holds a key, secret, mobile or e-mail', () => {
    const args = ['--import', 'tsx', 'tests/support/search-logs.ts', '.data/demo', '.data-start', '../other-data']
    execFileSync('node', args, { cwd: clone, env: environment })
  })
}

/** After a failed step the later ones are skipped, unless it is one that they do not need. */
async function step(name, act, { isNeeded = true } = {}) {
  if (isBlocked) {
    counts.skipped += 1
    console.log(`skipped  ${name}`)
    return
  }
  const startedAt = performance.now()
  try {
    await act()
    counts.passed += 1
    console.log(`ok       ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  } catch (error) {
    counts.failed += 1
    isBlocked ||= isNeeded
    console.log(`FAILED   ${name}\n${error.message}`)
  }
}

function expect(isTrue, sentence, detail = '') {
  if (!isTrue) throw new Error(`${sentence}\n${detail}`.trimEnd())
}

/**
 * Nothing of this machine but Node, npm and a shell on the PATH, and nothing of this user's but the way to the package
 * registry, which some networks prescribe.
 */
function makeEnvironment() {
  const home = path.join(folder, 'home')
  const bin = path.join(folder, 'bin')
  fs.mkdirSync(home)
  fs.mkdirSync(bin)
  const nodeFolder = path.dirname(process.execPath)
  for (const name of ['node', 'npm', 'npx']) fs.symlinkSync(path.join(nodeFolder, name), path.join(bin, name))
  fs.symlinkSync('/bin/sh', path.join(bin, 'sh'))

  const isAboutRegistry = /^(?:npm_config_(?:registry|cafile|ca|https?_proxy|noproxy)|(?:https?|no|all)_proxy)$/i
  const isAboutTrust = /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/
  const passed = Object.entries(process.env).filter(([name]) => isAboutRegistry.test(name) || isAboutTrust.test(name))
  const npmrc = path.join(os.homedir(), '.npmrc')
  if (fs.existsSync(npmrc)) {
    const lines = fs.readFileSync(npmrc, 'utf8').split('\n')
    const kept = lines.filter((line) =>
      /^\s*(?:@[\w-]+:registry|registry|\/\/|cafile|ca|https?-?proxy|noproxy)/.test(line),
    )
    fs.writeFileSync(path.join(home, '.npmrc'), kept.map((line) => `${line}\n`).join(''), { mode: 0o600 })
  }
  return { ...Object.fromEntries(passed), HOME: home, PATH: bin, LANG: 'C.UTF-8' }
}

/** Runs an npm script to its end: its exit status and everything that it printed. */
async function run(script, variables, timeoutSeconds, args = []) {
  const child = spawnScript(script, variables, args)
  const timer = setTimeout(() => process.kill(-child.process.pid, 'SIGKILL'), timeoutSeconds * 1000)
  const [status, signal] = await once(child.process, 'close')
  clearTimeout(timer)
  return { status: status ?? signal, output: child.output() }
}

function spawnScript(script, variables, args = []) {
  // A process group of its own, so that a signal reaches npm and what it started, as Ctrl-C does.
  const child = spawn('npm', ['run', script, '--', ...args], {
    cwd: clone,
    env: { ...environment, ...variables },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  return { process: child, output: () => output }
}

async function start(port, dataDir) {
  const child = spawnScript('start', { PORT: String(port), DATA_DIR: dataDir })
  const instance = { ...child, dataDir, url: `http://127.0.0.1:${port}` }
  await until(240, 'npm start is not ready', async () => {
    expect(child.process.exitCode === null, `npm start exited with ${child.process.exitCode}`, child.output())
    return (await fetch(`${instance.url}/readyz`)).status === 200
  }).catch((error) => {
    throw new Error(`${error.message}\n${child.output()}`, { cause: error })
  })
  return instance
}

async function stop(instance) {
  process.kill(-instance.process.pid, 'SIGTERM')
  await until(30, 'npm start does not end on SIGTERM', () => {
    return instance.process.exitCode !== null || instance.process.signalCode !== null
  })
}

function readKey(dataDir) {
  return fs.readFileSync(path.join(dataDir, 'api-key'), 'utf8').trim()
}

async function callApi(instance, key, method, route, body) {
  const headers = { authorization: `Bearer ${key}` }
  if (typeof body === 'string') headers['content-type'] = 'text/csv'
  const answer = await fetch(`${instance.url}${route}`, { method, headers, body })
  const text = await answer.text()
  return { status: answer.status, text, json: () => JSON.parse(text) }
}

async function loadReference(instance, key) {
  const reference = {
    series: 'id,name\n7,Fresh\n',
    customers: 'id,mobile\n1,4915112345678\n',
    tills: 'id,name\n3,Front\n',
    coupons: 'id,seriesId,code\n11,7,FRESH-A\n12,7,FRESH-B\n',
  }
  for (const [kind, csv] of Object.entries(reference)) {
    const answer = await callApi(instance, key, 'PUT', `/v1/reference/${kind}`, csv)
    expect(answer.status === 200 && answer.json().rejected === 0, `${kind} are not loaded`, answer.text)
  }
}

/** Uploads three rows, one of them of an unknown coupon, and waits for the end: the import's status. */
async function importFile(instance, key) {
  const form = new FormData()
  form.set('customerIdentifier', 'MOBILE')
  form.set('couponIdentifier', 'COUPON_CODE')
  form.set('uploadHeaders', '{"mobile":0,"couponCode":1,"redeemedDateInMillis":2,"redeemedAt":3}')
  const rows = ['FRESH-A', 'FRESH-B', 'FRESH-C'].map((code) => `4915112345678,${code},1600000000000,3\n`)
  form.set('file', new Blob([`mobile,code,date,till\n${rows.join('')}`]), 'fresh.csv')
  const accepted = await callApi(instance, key, 'POST', '/coupon/api/v1/upload/redeemFile/7', form)
  expect(accepted.status === 200, `the upload answers ${accepted.status}`, accepted.text)
  const { jobId } = accepted.json().result.redeemUploadJobStatuses[0]
  let status = null
  await until(30, `import ${jobId} does not end`, async () => {
    status = await readStatus(instance, key, jobId)
    return !['QUEUED', 'STARTED'].includes(status.uploadRedeemedCouponStatus)
  })
  return status
}

async function readStatus(instance, key, jobId) {
  const route = `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/7?jobId=${jobId}`
  const answer = await callApi(instance, key, 'GET', route)
  expect(answer.status === 200, `the status answers ${answer.status}`, answer.text)
  return answer.json().result.redeemUploadJobStatuses[0]
}

async function expectImport(instance, key, expected) {
  const now = await readStatus(instance, key, expected.jobId)
  for (const field of [
    'uploadRedeemedCouponStatus',
    'totalUploadedCount',
    'actualRowCount',
    'errorCount',
    'createdOn',
  ]) {
    expect(now[field] === expected[field], `${field} of the import was ${expected[field]}`, JSON.stringify(now))
  }
}

/** Every process that has to do with this run's folder; nobody else's can, since its name is new. */
function findProcesses() {
  const found = []
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const about = [
        fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
        fs.readFileSync(`/proc/${pid}/environ`, 'utf8'),
        fs.readlinkSync(`/proc/${pid}/cwd`),
      ]
      if (about.some((text) => text.includes(folder))) found.push({ pid: Number(pid), command: about[0] })
    } catch (error) {
      // It ended while it was looked at, or is another user's.
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) throw error
    }
  }
  return found
}

async function killEverything() {
  await until(30, 'processes survive kill -9', () => {
    const found = findProcesses()
    for (const { pid } of found) killIfThere(pid)
    return found.length === 0
  })
}

function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

async function untilNothingRuns() {
  await until(20, 'processes are left', () => findProcesses().length === 0).catch((error) => {
    const left = findProcesses().map(({ pid, command }) => `${pid} ${command.replaceAll('\0', ' ')}`)
    throw new Error(`${error.message}\n${left.join('\n')}`, { cause: error })
  })
}

/** A refused connection means "not yet"; the condition's own errors end the wait. */
async function until(seconds, sentence, isReached) {
  const deadline = performance.now() + seconds * 1000
  while (performance.now() < deadline) {
    try {
      if (await isReached()) return
    } catch (error) {
      if (!(error instanceof TypeError && error.message === 'fetch failed')) throw error
    }
    await wait(100)
  }
  throw new Error(`${sentence} after ${seconds} s`)
}

async function findFreePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
