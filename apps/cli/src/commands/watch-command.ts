import type { ImportView } from '@importer/client'
import type { Command } from 'commander'

import { pause } from '../connection/retry.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { exitCodeOf } from '../framework/exit-codes.ts'
import { followImport } from '../framework/follow-import.ts'
import { readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { describeCounts, describeStatus, proposeCommands, showImport } from '../framework/show-import.ts'
import { tableOfImports } from './list-command.ts'

const LOOK_EVERY_MS = 1_000
const SHOWN = 20
const CLEAR_SCREEN = '\u001b[2J\u001b[H'

/** `watch [ID]`: live, one import until its end, or all until Ctrl-C. */
export function addWatchCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('watch')
    .description(
      'follow an import to its end, or all imports until Ctrl-C, --timeout or, with --until-idle, none is left',
    )
    .argument('[id]', "the import's id", readId)
    .option('--until-idle', 'end when nothing waits or runs')
    .action(
      runCommand(context, async (session, id: string | undefined, { untilIdle }: { untilIdle?: true }) =>
        id === undefined ? watchAll(session, untilIdle === true) : watchOne(session, id),
      ),
    )
  addExamples(command, [
    ['one import', 'redemptions watch 1'],
    ['all that waits and runs, until nothing is left', 'redemptions watch --until-idle'],
  ])
}

async function watchOne(session: Session, id: string): Promise<Result> {
  const view = await followImport(session, id)
  return { json: view, text: showImport(session, view), exitCode: exitCodeOf(view), next: proposeCommands(view) }
}

/** On a terminal a table that is drawn again; in a log a line for whatever has changed. */
async function watchAll(session: Session, isToEnd: boolean): Promise<Result> {
  const { terminal, signal, options } = session
  const api = await session.api()
  const isScreen = terminal.stderr.isTTY === true && options.quiet !== true
  const known = new Map<number, string>()
  let isRead = true
  terminal.stderr.once('error', () => {
    isRead = false
  })
  for (;;) {
    const page = await api.listImports({ limit: SHOWN })
    const { items } = page
    if (isScreen) terminal.stderr.write(`${CLEAR_SCREEN}${tableOfImports(session, items)}\n`)
    else for (const view of items.toReversed()) notifyChange(session, known, view)
    const isIdle = items.every(({ status }) => status !== 'queued' && status !== 'processing')
    // What it shows has no other reader than that of standard error.
    if ((isToEnd && isIdle) || !isRead) return { json: page, text: tableOfImports(session, items) }
    await pause(LOOK_EVERY_MS, signal)
  }
}

function notifyChange(session: Session, known: Map<number, string>, view: ImportView): void {
  const line = `import ${view.id} (${view.fileName}): ${describeStatus(view)}`
  if (known.get(view.id) === line) return
  known.set(view.id, line)
  session.notify(`${view.updatedAt} ${line}, ${describeCounts(view)}`)
}
