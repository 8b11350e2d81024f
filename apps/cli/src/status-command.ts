import { renderTable } from '@importer/client/terminal'
import type { Command } from 'commander'

import { listJobs } from './compatible-api.ts'
import { findConnection, type ConnectOptions } from './connect.ts'
import { readId } from './read-options.ts'
import { print, type Terminal } from './terminal.ts'

interface StatusOptions extends ConnectOptions {
  readonly series: string
  readonly job?: string
}

/** `status`: what became of the uploads to a series, oldest first. */
export function addStatusCommand(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description('show the imports of a series, oldest first, or one of them')
    .requiredOption('--series <id>', 'the coupon series', readId)
    .option('--job <id>', 'only this one', readId)
    .action(async ({ series, job }: StatusOptions, command: Command) => {
      const jobs = await listJobs(await findConnection(terminal, command.optsWithGlobals()), series, job)
      const rows = jobs.map((found) => [
        String(found.jobId),
        found.uploadRedeemedCouponStatus,
        String(found.totalUploadedCount),
        String(found.errorCount),
        new Date(Number(found.createdOn)).toISOString(),
        found.uploadedFileName,
      ])
      print(terminal, renderTable(['job', 'status', 'rows', 'errors', 'uploaded', 'file'], rows, { right: [2, 3] }))
    })
}
