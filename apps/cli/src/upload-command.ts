import path from 'node:path'

import { createClient, waitForImport, type ImporterClient, type ImportView } from '@importer/client'
import { createProgressDisplay, renderTable } from '@importer/client/terminal'
import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { uploadCompatibly } from './compatible-api.ts'
import { findConnection, type ConnectOptions } from './connect.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts'
import { readId } from './read-options.ts'
import { print, tell, type Terminal } from './terminal.ts'

interface UploadOptions extends ConnectOptions {
  readonly series: string
  readonly customer: string
  readonly coupon: string
  readonly columns: string
  readonly details?: string
  readonly wait?: true
}

/** `upload file.csv`: through the compatible API, as a client of the documented system would. */
export function addUploadCommand(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program
    .command('upload <file>')
    .description('upload a CSV file of redeemed coupons')
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
    .option('--wait', 'wait for the end; the exit code tells the outcome')
    .action(async (file: string, options: UploadOptions, command: Command) => {
      const connection = await findConnection(terminal, command.optsWithGlobals())
      const job = await uploadCompatibly(connection, {
        seriesId: options.series,
        customerIdentifier: options.customer,
        couponIdentifier: options.coupon,
        columns: options.columns,
        ...(options.details === undefined ? {} : { details: options.details }),
        file: path.resolve(terminal.env.callerFolder, file),
      })
      tell(terminal, `Uploaded as ${job.uploadedFileName}`)
      if (options.wait !== true) {
        print(terminal, `jobId ${job.jobId}`)
        end(EXIT.success)
        return
      }
      const view = await wait(terminal, createClient(connection), job.jobId)
      print(terminal, describeEnd(view))
      end(exitCodeOf(view))
    })
}

async function wait({ stderr, signal }: Terminal, client: ImporterClient, jobId: number): Promise<ImportView> {
  const display = createProgressDisplay(stderr)
  try {
    return await waitForImport(client, jobId, { onProgress: (view) => display.update(view), signal })
  } finally {
    display.stop()
  }
}

function describeEnd({ id, status, outcome, counts, errorsByCode, failure }: ImportView): string {
  const lines = [`jobId ${id}: ${status}${outcome === null ? '' : `, ${outcome}`}`]
  if (failure !== null) lines.push(`${failure.code}: ${failure.message}`)
  lines.push(
    `${counts.rows} rows: ${counts.inserted} inserted, ${counts.duplicates} duplicates, ${counts.rejected} rejected`,
  )
  const codes = Object.entries(errorsByCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length > 0) {
    lines.push(
      '',
      renderTable(
        ['code', 'rows'],
        codes.map(([code, rows]) => [code, String(rows)]),
        { right: [1] },
      ),
    )
    lines.push('', `Why, row by row: npm run cli -- report ${id}`)
  }
  return lines.join('\n')
}
