/**
 * `npm run measure [-- --rows N] [-- --seed N]`: how fast an import is and what it needs, by the whole system in an
 * instance of its own, with the settings of `npm start`. Prints figures; checks nothing but that the outcome is right.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'

import { createClient } from '@importer/client'
import { ownEnvironment, startSystem } from '@importer/local-system'

import { makeDemoEnvironment } from './demo-environment.ts'
import { importDemoData } from './import-demo-data.ts'
import { readDemoOptions } from './read-demo-options.ts'
import { runToEnd, type Program } from './run-to-end.ts'
import { findDifference, showTimes } from './show-result.ts'
import { Steps } from './steps.ts'

const DEFAULTS = { rows: 1_000_000, seed: 20_201_024 }
const MIB = 1024 ** 2

await runToEnd(measure)
process.exit()

async function measure({ signal, print, onEnd }: Program): Promise<void> {
  const { rows, seed } = readDemoOptions(process.argv.slice(2), DEFAULTS)
  const { env, dataDir } = await makeDemoEnvironment(ownEnvironment(), `measure-${process.pid}`)
  onEnd(async ({ hasFailed }) => (hasFailed ? undefined : rm(dataDir, { recursive: true, force: true })))
  const steps = new Steps(print)
  const running = await steps.run('Start everything', async () => startSystem({ env, output: print, signal }))
  onEnd(async () => running.stop())
  const client = createClient({ url: running.url, apiKey: running.apiKey, signal })
  const before = await readWorkerPeakMemory(dataDir)
  const { world, view, importSeconds } = await importDemoData({ client, dataDir, rows, seed, steps, signal })
  const after = await readWorkerPeakMemory(dataDir)

  print(`\n${showTimes(steps)}\n`)
  print(`rows per second        ${Math.round(rows / importSeconds).toLocaleString('en-US')}`)
  print(`  ${rows.toLocaleString('en-US')} rows, ${importSeconds.toFixed(2)} s from the upload's answer to COMPLETED`)
  print(`worker's peak memory   ${describeMemory(before, after)}`)
  const difference = findDifference(world, view)
  if (difference !== null) throw new Error(`The outcome is wrong: ${difference}. The data are kept in ${dataDir}`)
}

/** A worker that was started anew meanwhile has forgotten its peak. */
function describeMemory(before: PeakMemory | null, after: PeakMemory | null): string {
  if (before === null || after === null) return 'unknown: there is no /proc here'
  const peak = `${Math.round(after.bytes / MIB)} MiB resident (${Math.round(before.bytes / MIB)} MiB before)`
  return before.pid === after.pid ? peak : `${peak}, but of another worker: the first one died`
}

interface PeakMemory {
  readonly pid: number
  /** the most that was resident at once, as Linux counts it (VmHWM) */
  readonly bytes: number
}

/**
 * The peak resident memory of the worker that an instance runs, found by the notes of its running children. Null where
 * there is no /proc to ask, or no such process.
 */
async function readWorkerPeakMemory(dataDir: string): Promise<PeakMemory | null> {
  if (process.platform !== 'linux') return null
  for (const note of await readdir(path.join(dataDir, 'children'))) {
    const pid = Number(note.split('.')[0])
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    if (!command.includes('apps/worker/')) continue
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]
    return kilobytes === undefined ? null : { pid, bytes: Number(kilobytes) * 1024 }
  }
  return null
}
