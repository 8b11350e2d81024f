import type { Environment } from './environment/catalogue.ts'
import { EnvironmentError } from './environment/parse-environment.ts'
import { createLog, type Logger } from './log.ts'
import {
  createShutdown,
  divideShutdown,
  endOnUncaughtError,
  listenForSignals,
  type Shutdown,
  type ShutdownTimes,
} from './shutdown.ts'
import { startTracing, type Tracing } from './tracing/tracing.ts'

/** What a program has before its own parts start. */
export interface ProgramParts<Env> {
  readonly env: Env
  readonly log: Logger
  /** Releases what the program adds to it when the process ends, also when its start failed half-way. */
  readonly shutdown: Shutdown
  readonly times: ShutdownTimes
  readonly tracing: Tracing
  /** Ends the program as a signal does, but with exit code 1: whoever started it starts it again. */
  readonly end: (reason: string) => Promise<never>
}

export interface ProgramOptions<Env> {
  /** In its log, and behind `redemptions-` in traces. */
  readonly name: string
  /** Throws an EnvironmentError where a variable is wrong. */
  readonly readEnvironment: () => Env
  readonly start: (parts: ProgramParts<Env>) => Promise<void>
  /** Ends the process. */
  readonly exit: (code: number) => never
}

type ProgramEnvironment = Pick<Environment, 'LOG_LEVEL' | 'SHUTDOWN_TIMEOUT_SECONDS' | 'OTEL_EXPORTER_OTLP_ENDPOINT'>

/**
 * Runs a program until a signal, an uncaught error or a start that fails ends it, which exits with 1 like a shutdown that
 * did not release everything. A wrong environment is one line on standard error and exit 1.
 */
export async function runProgram<Env extends ProgramEnvironment>(options: ProgramOptions<Env>): Promise<void> {
  const { name, readEnvironment, start, exit } = options
  // Uploads hold mobiles and e-mails: what the process makes is for its own account alone.
  process.umask(0o077)
  let env: Env
  try {
    env = readEnvironment()
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    process.stderr.write(`${error.message}\n`)
    return exit(1)
  }
  const log = createLog({ name, level: env.LOG_LEVEL })
  endOnUncaughtError(log, () => exit(1))
  const times = divideShutdown(env.SHUTDOWN_TIMEOUT_SECONDS)
  const shutdown = createShutdown({ log, deadlineMs: times.deadlineMs })
  const stop = async (reason: string, exitCode: number): Promise<never> => {
    const clean = await shutdown.run(reason)
    return exit(clean ? exitCode : 1)
  }
  listenForSignals((reason) => {
    stop(reason, 0).catch((error: unknown) => log.fatal({ err: error }, 'stopping failed'))
  })
  try {
    const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT
    const serviceName = `redemptions-${name}`
    const tracing = await startTracing({ endpoint, serviceName, log, stopTimeoutMs: times.reportMs })
    shutdown.add('tracing', async () => tracing.stop())
    await start({ env, log, shutdown, times, tracing, end: async (reason) => stop(reason, 1) })
  } catch (error) {
    log.fatal({ err: error }, 'the start failed')
    await stop('the start failed', 1)
  }
}
