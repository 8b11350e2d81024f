import path from 'node:path'

import type { ImportView } from '@importer/client'
import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS } from '@importer/contracts'
import { renderTable } from '@importer/client/terminal'
import { Option, type Command } from 'commander'

import { uploadCompatibly } from '../connection/compatible-api.ts'
import { runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { exitCodeOf, withoutDenied } from '../framework/exit-codes.ts'
import { followImport } from '../framework/follow-import.ts'
import { readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'

interface UploadOptions {
  readonly series: string
  readonly customer: string
  readonly coupon: string
  readonly columns: string
  readonly details?: string
  readonly wait?: true
}

/** `upload file.csv`: through the compatible API, as a client of the documented system would. Its output never changes. */
export function addUploadCommand(program: Command, context: CommandContext): void {
  program
    .command('upload <file>')
    .description('upload a CSV file by the compatible API, as older scripts do; import does more')
    .requiredOption('--series <id>', 'the coupon series', readId)
    .addOption(
      new Option('--customer <identifier>', 'how the file names customers')
        .choices(Object.keys(CUSTOMER_IDENTIFIERS))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--coupon <identifier>', 'how the file names coupons')
        .choices(Object.keys(COUPON_IDENTIFIERS))
        .makeOptionMandatory(),
    )
    .requiredOption('--columns <json>', 'uploadHeaders: column positions from 0, such as {"mobile": 2, …}')
    .option('--details <text>', 'notes that are kept with the import')
    .option('--wait', "wait for the end; the exit code is the outcome's")
    .action(
      runCommand(context, async (session, file: string, options: UploadOptions) =>
        withoutDenied(async () => upload(session, file, options)),
      ),
    )
}

async function upload(
  session: Session,
  file: string,
  { series, customer, coupon, columns, details, wait }: UploadOptions,
): Promise<Result> {
  const connection = { ...(await session.connect()), signal: session.signal }
  const job = await uploadCompatibly(connection, {
    seriesId: series,
    customerIdentifier: customer,
    couponIdentifier: coupon,
    columns,
    ...(details === undefined ? {} : { details }),
    file: path.resolve(session.terminal.env.callerFolder, file),
  })
  session.notify(`Uploaded as ${job.uploadedFileName}`)
  if (wait !== true) return { json: job, text: `jobId ${job.jobId}` }
  const view = await followImport(session, job.jobId)
  return { json: view, text: describeEnd(view), exitCode: exitCodeOf(view) }
}

function describeEnd({ id, status, outcome, counts, errorsByCode, failure }: ImportView): string {
  const lines = [`jobId ${id}: ${status}${outcome === null ? '' : `, ${outcome}`}`]
  if (failure !== null) lines.push(`${failure.code}: ${failure.message}`)
  lines.push(
    `${counts.rows} rows: ${counts.inserted} inserted, ${counts.duplicates} duplicates, ${counts.rejected} rejected`,
  )
  const codes = Object.entries(errorsByCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length > 0) {
    const rows = codes.map(([code, count]) => [code, String(count)])
    lines.push('', renderTable(['code', 'rows'], rows, { right: [1] }))
    lines.push('', `Why, row by row: npm run cli -- report ${id}`)
  }
  return lines.join('\n')
}
