import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** What a watcher saw from its start to its end. */
export interface HealthReport {
  /** How many answers of `/healthz` there were. */
  readonly answers: number
  /**
   * The longest that the intake's event loop itself worked while one `/healthz` waited, in ms: processor time of its main
   * thread, less the time in which this watcher had something to do and got no processor, as the intake may have answered
   * long before. So a machine which is busy with other things does not count as the intake's fault.
   */
  readonly heldUpMs: number
  /** What was wrong with answers: of `/healthz`, and of the bystander's polls. */
  readonly faults: readonly string[]
}

const EVERY_MS = 25
/** Whatever is the machine's fault, an answer comes within this: else the intake does not answer at all. */
const TIMEOUT_MS = 30_000
/** Linux counts processor time in ticks of 10 ms. */
const TICK_MS = 10
const SHOWN_FAULTS = 5

const { url, intakePid, apiKey } = JSON.parse(process.argv[2] ?? '') as {
  url: string
  intakePid: number
  apiKey: string
}
const seen = { answers: 0, heldUpMs: 0, faults: [] as string[] }
let stopped = false

process.on('message', () => {
  stopped = true
})
const watching = Promise.all([watchHealth(), watchPolls()])
process.send?.('watching')
await watching
process.send?.(seen)

async function watchHealth(): Promise<void> {
  while (!stopped) {
    const workedBefore = readWorkedMs()
    const delayedBefore = readDelayedMs()
    await look('/healthz', {})
    const delayedMs = readDelayedMs() - delayedBefore
    seen.answers += 1
    seen.heldUpMs = Math.max(seen.heldUpMs, readWorkedMs() - workedBefore - delayedMs)
    await delay(EVERY_MS)
  }
}

async function watchPolls(): Promise<void> {
  while (!stopped) {
    await look('/v1/imports?limit=1', { Authorization: `Bearer ${apiKey}` })
    await delay(4 * EVERY_MS)
  }
}

/** On a connection of its own, as a probe that comes by does. */
async function look(path: string, headers: Record<string, string>): Promise<void> {
  const fault = await new Promise<string | null>((resolve) => {
    const opened = request(`${url}${path}`, { headers, agent: false, timeout: TIMEOUT_MS }, (answer) => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode === 200 ? null : String(answer.statusCode)))
      answer.once('error', (error) => resolve(error.message))
    })
    opened.once('timeout', () => opened.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)))
    opened.once('error', (error) => resolve(error.message))
    opened.end()
  })
  if (fault !== null && seen.faults.length < SHOWN_FAULTS) seen.faults.push(`${path}: ${fault}`)
}

/** How long this thread has been ready to run so far, and another one had its processor: the second figure, in ns. */
function readDelayedMs(): number {
  const [, delayedNs = ''] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')
  return Math.floor(Number(delayedNs) / 1e6)
}

/** How long the main thread of the intake has worked so far. */
function readWorkedMs(): number {
  try {
    const status = readFileSync(`/proc/${intakePid}/task/${intakePid}/stat`, 'utf8')
    // The name in brackets may hold spaces: behind the last bracket user and system time are the 12th and 13th.
    const [user = '', system = ''] = status
      .slice(status.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) * TICK_MS
  } catch (error) {
    if (seen.faults.length < SHOWN_FAULTS) seen.faults.push(`the intake's process is gone: ${String(error)}`)
    return 0
  }
}
