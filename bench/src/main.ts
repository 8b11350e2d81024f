import path from 'node:path'

import { ownEnvironment } from './env.ts'
import { REPOSITORY } from './machine.ts'
import { readCommand, USAGE, UsageError } from './options.ts'
import { writePerformancePage } from './plots/performance-page.ts'
import { runSuites } from './run-suites.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)))
}

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2))
  switch (command.kind) {
    case 'help':
      console.log(USAGE)
      break
    case 'plots':
      await writePerformancePage({
        resultsFolder: path.join(REPOSITORY, 'bench/results'),
        docsFolder: path.join(REPOSITORY, 'docs'),
        print: (line) => console.log(line),
      })
      break
    case 'run':
      await runSuites({
        ...command,
        env: ownEnvironment(),
        print: (line) => console.log(line),
        signal: interrupted.signal,
      })
      break
  }
}

try {
  await main()
} catch (error) {
  const isExpected = error instanceof UsageError || interrupted.signal.aborted
  console.error(error instanceof Error ? (isExpected ? error.message : error.stack) : error)
  process.exit(1)
}
process.exit(0)
