import { toPlainText } from '@importer/contracts'
import type { Command } from 'commander'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'

/** `row ID N`: one row explained, whatever its outcome. */
export function addRowCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('row')
    .description('explain one row of an import, whatever its outcome')
    .argument('<id>', "the import's id", readId)
    .argument('[number]', 'the row, from 1, without the header', readId)
    .option('--line <number>', 'the row on this line of the file, from 1', readId)
    .action(runCommand(context, explain))
  addExamples(command, [
    ['the third row', 'redemptions row 1 3'],
    ['what stands on line 4 of the file', 'redemptions row 1 --line 4'],
  ])
}

async function explain(
  session: Session,
  importId: string,
  row: string | undefined,
  { line }: { readonly line?: string },
): Promise<Result> {
  const api = await session.api()
  if ((row === undefined) === (line === undefined)) {
    throw new CliError('row needs a row number or --line; expected one of them')
  }
  const found =
    row === undefined
      ? await api.explainLine({ importId, line: line ?? '' })
      : await api.explainRow({ importId, rowNumber: row })
  const cells = found.cells.map(({ position, name, key, value, read }) => [
    String(position),
    name ?? '',
    key ?? '',
    value,
    read ?? '',
  ])
  const lines = [
    `Row ${found.rowNumber} of import ${importId}, line ${found.line}: ${found.outcome}`,
    '',
    session.table(['column', 'name', 'read as', 'value', 'as it was read'], cells, { right: [0] }),
  ]
  for (const { code, message, cause, remedy } of found.errors) {
    lines.push('', `${code}: ${toPlainText(message)}`, `Cause:      ${cause}`, `What to do: ${remedy}`)
  }
  const { redemptions, series, coupon } = found.context
  if (redemptions.length > 0) {
    const rows = redemptions.map((one) => [
      String(one.importId),
      String(one.rowNumber),
      one.fileName,
      String(one.tillId),
      String(one.customerId),
      one.redeemedAt,
    ])
    lines.push('', 'Redemptions:', session.table(['import', 'row', 'file', 'till', 'customer', 'redeemed'], rows))
  }
  if (series !== null) {
    lines.push(
      '',
      toPlainText(
        `Series ${series.id} ${series.name ?? ''}: from ${series.validFrom ?? 'ever'} to ${series.validTill ?? 'ever'}`,
      ),
    )
  }
  if (coupon !== null) {
    lines.push(
      '',
      toPlainText(`Coupon ${coupon.id} ${coupon.code}, series ${coupon.seriesId}, ends ${coupon.expiresAt ?? 'never'}`),
    )
  }
  const isRejected = found.errors.length > 0
  return {
    json: found,
    text: lines.join('\n'),
    next: isRejected ? [`retry ${importId} --drop-row ${found.rowNumber}`] : [],
  }
}
