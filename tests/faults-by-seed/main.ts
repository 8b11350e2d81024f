/**
 * Faults by seed: generated imports and actions on several machines, and amid them one generated fault after another; after each step
 * everything is held against the model of the contract. `npm run faults -- --help`.
 */
import { execFileSync } from 'node:child_process'

import { beginFile, releaseFile } from '../support/after-file.ts'
import { checkFiles } from './check-files.ts'
import { startDisturbedCluster, type DisturbedCluster } from './disturbed-cluster.ts'
import { chooseStorage } from './disturbed-storage.ts'
import { drawSteps, type Step } from './draw-step.ts'
import { readOptions, USAGE, UsageError, type QueueKind, type RunOptions } from './options.ts'
import { beginProgress, listMissing, type Progress } from './progress.ts'
import { runStep } from './run-step.ts'
import { Soak } from './soak.ts'

const LAST_LINES = 15

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    console.log(USAGE)
    return
  }
  const commit = execFileSync('git', ['describe', '--always', '--exclude=*', '--abbrev=12', '--dirty'], {
    encoding: 'utf8',
  }).trim()
  console.log(`faults by seed: --seed ${options.seed} --minutes ${options.minutes}, commit ${commit}`)
  beginFile()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // Its processes and servers end with it.
      releaseFile().then(
        () => process.exit(130),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
  }
  try {
    for (const queue of options.queues) await runTopology(queue, options)
  } catch (error) {
    console.error(`\nFAILED at seed ${options.seed}, commit ${commit}; to run it again:
npm run faults -- --seed ${options.seed} --minutes ${options.minutes}${options.isSoak ? ' --soak' : ''}${options.queues.length > 1 ? '' : ` --queue ${options.queues.join()}`}`)
    throw error
  } finally {
    await releaseFile()
  }
}

async function runTopology(queue: QueueKind, { seed, minutes, queues, isSoak }: RunOptions): Promise<void> {
  const progress = beginProgress()
  const { met } = progress
  const counts = new Map<string, number>()
  const storage = chooseStorage(seed, queue)
  const disturbed = await startDisturbedCluster({ queue, storage, isSoak })
  const soak = isSoak ? await Soak.start(disturbed, seed) : null
  const lastsMs = (minutes * 60_000) / queues.length
  const startedAt = performance.now()
  const endsAt = startedAt + lastsMs
  let steps = 0
  for (const step of drawSteps(seed, queue, storage)) {
    if (performance.now() >= endsAt && listMissing(met, storage).length === 0) break
    if (performance.now() >= endsAt + MOST_OVERTIME_MS) break
    if (soak?.isWarm === false && performance.now() >= startedAt + lastsMs * WARM_AFTER) await soak.takeFirstSample()
    if (!disturbed.canSuffer(step.fault)) {
      console.log(`${queue} ${step.number}: ${step.fault}: not tried, no file system may be mounted here`)
      continue
    }
    await runOne(queue, disturbed, step, progress)
    counts.set(step.fault, (counts.get(step.fault) ?? 0) + 1)
    steps += 1
  }
  await soak?.finish()
  const files = await checkFiles(disturbed)
  await disturbed.stop()
  disturbed.logs.check()
  const faults = [...counts].map(([fault, count]) => `${count} × ${fault}`).join(', ')
  console.log(
    `queue on ${queue}, storage ${storage}: ${steps} steps (${faults}); met: ${JSON.stringify(met)}; files: ${JSON.stringify(files)}`,
  )
  const missing = listMissing(met, storage)
  if (missing.length > 0)
    throw new Error(`the run has not met what it is for: no ${missing.join(', no ')}. Run it for longer.`)
}

/** After this share of its time a soak takes the sample that the last one is compared with. */
const WARM_AFTER = 1 / 3

/** A run that has not met everything when its time is over goes on for so long. */
const MOST_OVERTIME_MS = 120_000

function printWarnings(disturbed: DisturbedCluster): void {
  for (const app of disturbed.listProcesses()) {
    const lines = app.readOutput().split('\n')
    const warnings = lines.filter((line) => /"level":"(?:warn|error|fatal)"/.test(line)).slice(-LAST_LINES)
    console.error([`process ${app.pid}:`, ...warnings].join('\n  '))
  }
}

async function runOne(queue: QueueKind, disturbed: DisturbedCluster, step: Step, progress: Progress): Promise<void> {
  const startedAt = performance.now()
  const uploads = step.uploads.map(
    ({ caseSeed, rows, copies, format, api, isDryRun, isTorn, action }) =>
      `${copies} × case ${caseSeed} of ${rows} rows, ${format}, ${isDryRun ? 'dry run' : api}${isTorn ? ', torn first' : ''}${action === 'none' ? '' : `, ${action}`}`,
  )
  try {
    await runStep(disturbed, step, progress)
  } catch (error) {
    console.error(`queue on ${queue}, step ${JSON.stringify(step)} failed. The last warnings of each process:`)
    printWarnings(disturbed)
    throw error
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${queue} ${step.number}: ${step.fault} amid ${uploads.join('; ')}: ${seconds} s`)
}

try {
  await main()
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`)
  else console.error(error)
  // What a failed run leaves open would keep the process.
  process.exit(1)
}
