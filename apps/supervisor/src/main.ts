/** `npm start`: everything on one machine, kept running until Ctrl-C or SIGTERM. */
import { once } from 'node:events'

import { ignoreOutputErrors, ownEnvironment, startSystem, type RunningSystem } from '@importer/local-system'

const stopping = new AbortController()
// A terminal sends Ctrl-C to us and to npm, and npm passes it on: the second is no second wish. Deadlines bound the end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => stopping.abort(new Error(signal)))
// Whoever read our output may be gone before us, npm for one.
ignoreOutputErrors()

try {
  const system = await startSystem({ env: ownEnvironment(), output: printEvent, signal: stopping.signal })
  for (const line of describeSystem(system)) console.log(line)
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  printEvent('Stopping…')
  // Which of them was cut is printed, and in its log.
  if (!(await system.stop())) process.exit(1)
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
}
process.exit(0)

function describeSystem(system: RunningSystem): string[] {
  const lines = [`Ready at ${system.url}`]
  if (system.isNewApiKey) lines.push(`API key: ${system.apiKey} (organization ${system.orgId}, role admin)`)
  if (system.apiKeyFile !== null) lines.push(`The API key is kept in ${system.apiKeyFile}`)
  lines.push(`The dashboard is at ${system.url}/ in a browser: sign in there with the API key`)
  return [...lines, `Logs are in ${system.logFolder}; Ctrl-C stops`]
}

/** What happens while it runs is read later, beside the logs of intake and worker: it has its time. */
function printEvent(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`)
}
