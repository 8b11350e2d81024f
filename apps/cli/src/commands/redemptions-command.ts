import type { Command } from 'commander'

import { addExamples, runCommand, type CommandContext } from '../framework/define-command.ts'
import { readCount, readId } from '../framework/read-options.ts'

interface RedemptionsOptions {
  readonly couponId?: string
  readonly couponCode?: string
  readonly series?: string
  readonly import?: string
  readonly row?: string
  readonly limit?: number
  readonly cursor?: string
}

/** `redemptions`: was this coupon used, when, where, by whom, from which file and row. */
export function addRedemptionsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('redemptions')
    .description('list redemptions, newest first: was this coupon used, when, where, by whom, from which file and row')
    .option('--coupon-id <id>', 'of this coupon', readId)
    .option('--coupon-code <code>', 'of this coupon; with --series')
    .option('--series <id>', 'the series of the code', readId)
    .option('--import <id>', 'that this import inserted', readId)
    .option('--row <number>', 'only of this row of the import', readId)
    .option('--limit <number>', 'how many at most; by default 50', readCount)
    .option('--cursor <text>', 'the nextCursor of the page before')
    .action(
      runCommand(context, async (session, options: RedemptionsOptions) => {
        const { series, import: importId, row, ...others } = options
        const call = { ...others, seriesId: series, importId, rowNumber: row }
        const page = await (await session.api()).listRedemptions(call)
        const rows = page.items.map((one) => [
          one.couponCode,
          one.redeemedAt,
          String(one.tillId),
          String(one.customerId),
          String(one.importId),
          String(one.rowNumber),
          one.billNumber ?? '',
          one.fileName,
        ])
        const head = ['coupon', 'redeemed', 'till', 'customer', 'import', 'row', 'bill', 'file']
        return { json: page, text: rows.length === 0 ? 'no redemptions' : session.table(head, rows) }
      }),
    )
  addExamples(command, [
    ['was this coupon used', 'redemptions redemptions --coupon-code SPRING-1 --series 953234'],
    ['what import 1 inserted', 'redemptions redemptions --import 1'],
  ])
}
