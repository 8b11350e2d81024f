/** `npm run demo [-- --rows N] [-- --seed N]`: the main job on made-up data, from start to end, in an instance of its own. */
import path from 'node:path'

import { createClient } from '@importer/client'
import { ownEnvironment, startSystem } from '@importer/local-system'

import { makeDemoEnvironment } from './demo-environment.ts'
import { importDemoData } from './import-demo-data.ts'
import { readDemoOptions } from './read-demo-options.ts'
import { runToEnd, type Program } from './run-to-end.ts'
import { readFirstLines, saveErrorReport } from './save-report.ts'
import { findDifference, showOutcome, showTimes } from './show-result.ts'
import { Steps } from './steps.ts'

const DEFAULTS = { rows: 100_000, seed: 20_201_024 }
const REPORT_LINES = 6

await runToEnd(runDemo)
process.exit()

async function runDemo({ signal, print, onEnd }: Program): Promise<void> {
  const { rows, seed } = readDemoOptions(process.argv.slice(2), DEFAULTS)
  const { env, dataDir, ignored } = await makeDemoEnvironment(ownEnvironment(), 'demo')
  if (ignored.length > 0) print(`The demo keeps to ${dataDir}: ${ignored.join(' and ')} of the environment is not used`)

  const steps = new Steps(print)
  const running = await steps.run('Start everything', async () => startSystem({ env, output: print, signal }))
  onEnd(async () => running.stop())
  const client = createClient({ url: running.url, apiKey: running.apiKey, signal })
  const { world, view, file, importSeconds } = await importDemoData({ client, dataDir, rows, seed, steps, signal })
  const report = path.join(path.dirname(file), 'errors.csv')
  await steps.run('Fetch the error report', async () => saveErrorReport(client, view.id, report))

  const difference = findDifference(world, view)
  for (const line of [
    '',
    ...showOutcome(view),
    '',
    difference === null ? 'This is exactly what was put into the file.' : `This should not be: ${difference}`,
    '',
    'The error report begins:',
    '',
    ...(await readFirstLines(report, REPORT_LINES)),
    '',
    showTimes(steps),
    '',
    `${Math.round(rows / importSeconds).toLocaleString('en-US')} rows per second, from the upload's answer to the end`,
    '',
    `The file and its error report are in ${path.dirname(file)}, logs in ${running.logFolder}`,
    `To look around: DATA_DIR=${shorten(dataDir)} npm start (each demo is another run, with coupons of its own);`,
    `then the page of this import is ${running.url}/imports/${view.id}`,
  ]) {
    print(line)
  }
  if (difference !== null) process.exitCode = 1
}

/** A path as one would type it here. */
function shorten(folder: string): string {
  const relative = path.relative(process.cwd(), folder)
  return relative.startsWith('..') ? folder : relative
}
