import { renderTable } from '@importer/client/terminal'
import type { Command } from 'commander'

import { listJobs } from '../connection/compatible-api.ts'
import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { exitCodeOf, withoutDenied } from '../framework/exit-codes.ts'
import { followImport } from '../framework/follow-import.ts'
import { readDuration, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { proposeCommands, showImport } from '../framework/show-import.ts'

interface StatusOptions {
  readonly series?: string
  readonly job?: string
}

/** `status ID`: one import. `status --series` is the older form, by the compatible API. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('status')
    .description('show one import; with --series those of a series by the compatible API, oldest first')
    .argument('[id]', "the import's id", readId)
    .option('--series <id>', 'the coupon series', readId)
    .option('--job <id>', 'only this one of the series', readId)
    .action(
      runCommand(context, async (session, id: string | undefined, options: StatusOptions) => {
        if (id !== undefined && options.series === undefined) return showOne(session, id)
        if (id === undefined && options.series !== undefined) {
          return withoutDenied(async () => showJobs(session, options.series ?? '', options.job))
        }
        throw new CliError('status needs an import or a series; expected status ID, or status --series ID')
      }),
    )
  addExamples(command, [
    ['one import', 'redemptions status 1'],
    ['as JSON, for a script', 'redemptions status 1 --json'],
  ])
}

/** `wait ID`: until its end; the exit code is the outcome's. */
export function addWaitCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('wait')
    .description("wait until an import has ended; the exit code is the outcome's")
    .argument('<id>', "the import's id", readId)
    .option('--for <duration>', 'at most so long, such as 30m; by default a day', readDuration)
    .action(
      runCommand(context, async (session, id: string, options: { for?: number }) => {
        const view = await followImport(session, id, options.for === undefined ? {} : { forMs: options.for })
        return { json: view, text: showImport(session, view), exitCode: exitCodeOf(view), next: proposeCommands(view) }
      }),
    )
  addExamples(command, [['at most ten minutes', 'redemptions wait 1 --for 10m']])
}

async function showOne(session: Session, importId: string): Promise<Result> {
  const view = await (await session.api()).showImport({ importId })
  return { json: view, text: showImport(session, view), next: proposeCommands(view) }
}

async function showJobs(session: Session, series: string, job: string | undefined): Promise<Result> {
  const jobs = await listJobs({ ...(await session.connect()), signal: session.signal }, series, job)
  const rows = jobs.map((found) => [
    String(found.jobId),
    found.uploadRedeemedCouponStatus,
    String(found.totalUploadedCount),
    String(found.errorCount),
    new Date(Number(found.createdOn)).toISOString(),
    found.uploadedFileName,
  ])
  const text = renderTable(['job', 'status', 'rows', 'errors', 'uploaded', 'file'], rows, { right: [2, 3] })
  return { json: { jobs }, text }
}
