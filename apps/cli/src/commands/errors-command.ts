import { COLUMN_KEYS, ROW_ERROR_CODES, type ColumnKey, type RowErrorCode } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { drawErrorTable } from '../framework/error-table.ts'
import { proposeNextPage } from '../framework/propose-command.ts'
import { readCount, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'

interface ErrorsOptions {
  readonly group?: true | 'code' | 'value'
  readonly code?: RowErrorCode
  readonly column?: ColumnKey
  readonly value?: string
  readonly fromRow?: number
  readonly limit?: number
  readonly cursor?: string
}

/** `errors ID`: why rows were rejected, row by row or in groups. */
export function addErrorsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('errors')
    .description('show why rows were rejected, row by row or in groups')
    .argument('<id>', "the import's id", readId)
    .addOption(
      new Option('--group [by]', 'largest group first: by code and column, or by value too').choices(['code', 'value']),
    )
    .addOption(new Option('--code <code>', 'only these').choices(ROW_ERROR_CODES))
    .addOption(new Option('--column <key>', 'only of this column').choices(COLUMN_KEYS))
    .option('--value <text>', 'only where this stands in the column')
    .option('--from-row <number>', 'from this row on', readCount)
    .option('--limit <number>', 'how many rows at most; by default 50', readCount)
    .option('--cursor <text>', 'the nextCursor of the page before')
    .action(runCommand(context, showErrors))
  addExamples(command, [
    ['the reasons, the most frequent first', 'redemptions errors 1 --group'],
    ['the values that no till has', 'redemptions errors 1 --group value'],
    ['the rows of one reason', 'redemptions errors 1 --code TILL_NOT_FOUND'],
  ])
}

async function showErrors(session: Session, importId: string, options: ErrorsOptions): Promise<Result> {
  const { group, ...filters } = options
  if (group === undefined) return listErrors(session, importId, filters)
  if (Object.keys(filters).length > 0) {
    throw new CliError('--group comes with another option; expected --group alone, or the rows of one group')
  }
  const by = group === true ? 'code' : group
  const groups = await (await session.api()).listErrorGroups({ importId, by })
  const rows = groups.items.map(({ rows: count, code, column, value, firstRows, remedy }) => [
    String(count),
    code,
    column ?? '',
    ...(by === 'value' ? [value ?? ''] : []),
    firstRows.join(', '),
    remedy,
  ])
  const head = ['rows', 'code', 'column', ...(by === 'value' ? ['value'] : []), 'first rows', 'what to do']
  const [first] = groups.items
  return {
    json: groups,
    text: rows.length === 0 ? 'no rejected rows' : session.table(head, rows, { right: [0] }),
    next:
      first === undefined
        ? []
        : [
            `errors ${importId} --code ${first.code}`,
            `row ${importId} ${first.firstRows[0] ?? 1}`,
            `explain ${first.code}`,
          ],
  }
}

async function listErrors(session: Session, importId: string, filters: Omit<ErrorsOptions, 'group'>): Promise<Result> {
  const page = await (await session.api()).listRowErrors({ importId, ...filters })
  const [first] = page.items
  return {
    json: page,
    text: first === undefined ? 'no rejected rows' : drawErrorTable(session, page.items),
    next: [
      ...(first === undefined ? [] : [`row ${importId} ${first.rowNumber}`]),
      ...proposeNextPage(`errors ${importId}`, filters, page.nextCursor),
    ],
  }
}
