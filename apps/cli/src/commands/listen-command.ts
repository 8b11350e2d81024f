import { randomBytes } from 'node:crypto'

import type { Command } from 'commander'
import { Agent } from 'undici'

import { pause } from '../connection/retry.ts'
import { CliError, InterruptedError, TimeLimitError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { EXIT } from '../framework/exit-codes.ts'
import { readCount } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { EventFollower } from '../listen/follow-events.ts'
import { forwardEvent, type Forwarded } from '../listen/forward-event.ts'

interface ListenOptions {
  readonly forwardTo: string
  readonly events?: number
}

const LOOK_EVERY_MS = 1_000
const SECRET_BYTES = 24

/** `listen --forward-to URL`: webhooks for a receiver on this machine, which the importer itself could not reach. */
export function addListenCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('listen')
    .description('follow what webhooks are about, and send it, signed like real ones, to a receiver on this machine')
    .requiredOption('--forward-to <url>', 'where the receiver listens, such as http://localhost:3000/hook')
    .option('--events <number>', 'end after so many; by default not before Ctrl-C or --timeout', readCount)
    .action(runCommand(context, listen))
  addExamples(command, [
    ['until Ctrl-C', 'redemptions listen --forward-to http://localhost:3000/hook'],
    ['the next event alone', 'redemptions listen --forward-to http://localhost:3000/hook --events 1'],
  ])
}

async function listen(session: Session, { forwardTo, events }: ListenOptions): Promise<Result> {
  const { signal, notify } = session
  const url = readReceiver(forwardTo)
  const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
  const follower = new EventFollower(await session.api())
  await follower.poll()
  notify(`Secret of this call, for the receiver: ${secret}`)
  notify(`Forwarding to ${url}; Ctrl-C ends it`)
  const dispatcher = new Agent()
  const forwarded: Forwarded[] = []
  try {
    while (events === undefined || forwarded.length < events) {
      for (const event of await follower.poll()) {
        const one = await forwardEvent(event, { url, secret, signal, dispatcher })
        forwarded.push(one)
        notify(describe(one))
        if (forwarded.length === events) break
      }
      if (forwarded.length !== events) await pause(LOOK_EVERY_MS, signal)
    }
  } catch (error) {
    // What was done until then is the result. Without --events a time limit is an end like any other.
    if (error instanceof InterruptedError) {
      return { json: describeAll(url, secret, forwarded), exitCode: EXIT.interrupted }
    }
    if (!(error instanceof TimeLimitError) || events !== undefined) throw error
  } finally {
    await dispatcher.destroy()
  }
  return { json: describeAll(url, secret, forwarded), text: `${forwarded.length} events forwarded` }
}

function describeAll(url: string, secret: string, events: readonly Forwarded[]): object {
  return { forwardTo: url, secret, events }
}

function describe({ type, importId, status, error, durationMs }: Forwarded): string {
  const about = importId === null ? '' : ` ${importId}`
  return `${type}${about}: ${status ?? error ?? ''} in ${durationMs} ms`
}

function readReceiver(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new CliError(`--forward-to ${url} is no address; expected one such as http://localhost:3000/hook`)
}
