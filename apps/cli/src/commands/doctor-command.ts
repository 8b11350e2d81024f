import { toPlainText } from '@importer/contracts'
import type { Command } from 'commander'

import type { Check } from '../doctor/check.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { EXIT } from '../framework/exit-codes.ts'
import type { Session } from '../framework/session.ts'

/** `doctor`: what is wrong with this installation, and what to do. Looks at it with the environment that it runs with. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('doctor')
    .description('look for what is wrong with this installation, and say what to do; exit code 2 on a finding')
    .action(runCommand(context, examine))
  addExamples(command, [['with the environment of intake and worker', 'redemptions doctor']])
}

async function examine(session: Session): Promise<Result> {
  // Database, queue and storage take a while to load, and the other commands do without them.
  const { runChecks } = await import('../doctor/run-checks.ts')
  const { terminal, options } = session
  const checks: Check[] = []
  for await (const check of runChecks(session)) {
    checks.push(check)
    // At once: what was found is of use also when a later check is waited for in vain.
    if (options.json !== true) terminal.stdout.write(`${show(session, check)}\n`)
  }
  const findings = checks.filter(({ state }) => state === 'finding')
  return {
    json: { ok: findings.length === 0, checks },
    exitCode: findings.length === 0 ? EXIT.success : EXIT.trouble,
  }
}

function show({ colours }: Session, { name, state, found, remedy }: Check): string {
  const marks = { ok: colours.green('ok     '), finding: colours.red('FINDING'), skipped: colours.yellow('skipped') }
  const line = `${marks[state]}  ${name}: ${toPlainText(found)}`
  return remedy === null ? line : `${line}\n         What to do: ${toPlainText(remedy)}`
}
