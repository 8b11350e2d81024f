import { toPlainText } from '@importer/client/terminal'
import type { Command } from 'commander'

import { checkCounts, checkDatabase } from '../doctor/check-database.ts'
import { checkDisk, checkNode } from '../doctor/check-machine.ts'
import { checkQueue, checkService, checkStorage } from '../doctor/check-peers.ts'
import { finding, ok, type Check } from '../doctor/check.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { EXIT } from '../framework/exit-codes.ts'
import type { Session } from '../framework/session.ts'

/** `doctor`: what is wrong with this installation, and what to do. Looks at it with the environment that it runs with. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('doctor')
    .description('look for what is wrong with this installation, and say what to do; exit code 2 on a finding')
    .action(runCommand(context, async (session) => examine(session)))
  addExamples(command, [['with the environment of intake and worker', 'redemptions doctor']])
}

async function examine(session: Session): Promise<Result> {
  const checks: Check[] = []
  for await (const check of runChecks(session)) checks.push(check)
  const findings = checks.filter(({ state }) => state === 'finding')
  return {
    json: { ok: findings.length === 0, checks },
    text: checks.map((check) => show(session, check)).join('\n'),
    exitCode: findings.length === 0 ? EXIT.success : EXIT.trouble,
  }
}

async function* runChecks(session: Session): AsyncGenerator<Check> {
  const { terminal, notify } = session
  // Variables that are wrong end a command before it begins, with their names.
  const environment = terminal.env.readInstallation()
  yield ok('Configuration', 'every variable that is set has a possible value')
  yield checkNode()
  yield await checkDisk(environment.DATA_DIR)
  const [runtime, functions] = await Promise.all([import('@importer/runtime'), import('@importer/db')])
  yield await checkQueue(runtime, environment)
  const url = environment.DATABASE_URL ?? runtime.findEmbeddedPostgres({ dataDir: environment.DATA_DIR })
  if (url === null) {
    yield finding(
      'Database',
      `DATABASE_URL is not set, and no PostgreSQL of npm start runs in ${environment.DATA_DIR}`,
      'Run npm start here, or set DATABASE_URL and DATA_DIR as intake and worker have them.',
    )
  } else {
    const database = functions.openDatabase({
      url,
      applicationName: 'doctor',
      maxConnections: 2,
      onConnectionLost: (error) => notify(`a database connection broke: ${error.message}`),
    })
    try {
      const { checks, isUsable } = await checkDatabase(functions, database, url)
      yield* checks
      if (isUsable) {
        yield await checkStorage(database, environment)
        yield await checkCounts(functions, database)
      }
    } finally {
      await database.close()
    }
  }
  yield* await checkService(async () => session.connect())
}

function show({ colours }: Session, { name, state, found, remedy }: Check): string {
  const marks = { ok: colours.green('ok     '), finding: colours.red('FINDING'), skipped: colours.yellow('skipped') }
  const line = `${marks[state]}  ${name}: ${toPlainText(found)}`
  return remedy === null ? line : `${line}\n         What to do: ${toPlainText(remedy)}`
}
