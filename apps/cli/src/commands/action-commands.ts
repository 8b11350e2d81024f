import type { ImportView } from '@importer/client'
import type { Command } from 'commander'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { exitCodeOf } from '../framework/exit-codes.ts'
import { followImport, readWait } from '../framework/follow-import.ts'
import { readDuration, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { proposeCommands, showImport } from '../framework/show-import.ts'

interface WaitOption {
  readonly wait?: true | number
}

/** `cancel`, `resume`, `revert`: what an operator does to an import. */
export function addActionCommands(program: Command, context: CommandContext): void {
  const cancel = program
    .command('cancel')
    .description('stop an import at its next batch; what was inserted stays')
    .argument('<id>', "the import's id", readId)
    .action(
      runCommand(context, async (session, importId: string) =>
        describe(session, await (await session.api()).cancelImport({ importId })),
      ),
    )
  addExamples(cancel, [['stop it', 'redemptions cancel 1']])

  const resume = program
    .command('resume')
    .description('let a cancelled or failed import go on from its checkpoint')
    .argument('<id>', "the import's id", readId)
    .option('--wait [duration]', "wait for its end; the exit code is the outcome's", readDuration)
    .action(
      runCommand(context, async (session, importId: string, { wait }: WaitOption) => {
        const view = await (await session.api()).resumeImport({ importId })
        return followOrDescribe(session, view, wait)
      }),
    )
  addExamples(resume, [['go on, and wait', 'redemptions resume 1 --wait']])

  const revert = program
    .command('revert')
    .description('delete the redemptions that an import inserted; their coupons can be redeemed again')
    .argument('<id>', "the import's id", readId)
    .option('--yes', 'without this nothing is reverted')
    .option('--wait [duration]', 'wait until all is deleted', readDuration)
    .action(runCommand(context, revertImport))
  addExamples(revert, [['take back what import 1 inserted', 'redemptions revert 1 --yes --wait']])
}

export async function followOrDescribe(session: Session, view: ImportView, wait: WaitOption['wait']): Promise<Result> {
  const waits = readWait(wait)
  if (waits === null) return describe(session, view)
  const end = await followImport(session, view.id, waits)
  return { ...describe(session, end), exitCode: exitCodeOf(end) }
}

async function revertImport(
  session: Session,
  importId: string,
  { yes, wait }: WaitOption & { yes?: true },
): Promise<Result> {
  const api = await session.api()
  if (yes !== true) {
    const { counts, fileName } = await api.showImport({ importId })
    throw new CliError(
      `import ${importId} (${fileName}) inserted ${counts.inserted} redemptions, which would be deleted; expected --yes: ${session.nameCommand(`revert ${importId} --yes`)}`,
    )
  }
  const view = await api.revertImport({ importId })
  const waits = readWait(wait)
  if (waits === null) return describe(session, view)
  return describe(
    session,
    await followImport(session, importId, { ...waits, isOver: ({ status }) => status === 'reverted' }),
  )
}

function describe(session: Session, view: ImportView): Result {
  return { json: view, text: showImport(session, view), next: proposeCommands(view) }
}
