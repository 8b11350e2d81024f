import { ROW_ERROR_CODES, type Correction, type RowErrorCode } from '@importer/contracts'
import { InvalidArgumentError, type Command } from 'commander'
import { closest } from 'fastest-levenshtein'

import { addExamples, runCommand, type CommandContext } from '../framework/define-command.ts'
import { findColumnKey } from '../framework/column-names.ts'
import { readDuration, readId } from '../framework/read-options.ts'
import { followOrDescribe } from './action-commands.ts'

interface RetryOptions {
  readonly code?: readonly RowErrorCode[]
  readonly set?: readonly Correction[]
  readonly setRow?: readonly Correction[]
  readonly dropRow?: readonly Correction[]
  readonly dryRun?: true
  readonly wait?: true | number
}

/** `retry ID`: the rejected rows as a new import, as they were or corrected. */
export function addRetryCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('retry')
    .description('import the rejected rows again, as they are or corrected; the import itself and its file stay')
    .argument('<id>', "the import's id", readId)
    .option(
      '--code <code>',
      'only rows with this code; may be repeated',
      (text, before: RowErrorCode[] | undefined) => [...(before ?? []), readCode(text)],
    )
    .option(
      '--set <column:from=to>',
      'in every rejected row, such as till:99=17; may be repeated',
      addTo(readReplacement),
    )
    .option('--set-row <n:column=to>', 'in one row, such as 3:date=2026-11-24; may be repeated', addTo(readCellChange))
    .option('--drop-row <n>', 'leave this row out; may be repeated', addTo(readDrop))
    .option('--dry-run', 'every check, the same report and counts, nothing inserted')
    .option('--wait [duration]', "wait for its end; the exit code is the outcome's", readDuration)
    .action(
      runCommand(context, async (session, importId: string, options: RetryOptions) => {
        const { code, set = [], setRow = [], dropRow = [], dryRun, wait } = options
        const corrections = [...set, ...setRow, ...dropRow]
        const view = await (
          await session.api()
        ).retryRejected({
          importId,
          body: {
            codes: code && [...code],
            ...(corrections.length === 0 ? {} : { corrections }),
            dryRun,
          },
        })
        session.notify(`The rejected rows of import ${importId} are import ${view.id}`)
        return followOrDescribe(session, view, wait)
      }),
    )
  addExamples(command, [
    ['the tills are known by now', 'redemptions retry 1 --code TILL_NOT_FOUND'],
    ['with another till, without row 5', 'redemptions retry 1 --set till:99=17 --drop-row 5 --wait'],
  ])
}

function addTo(read: (text: string) => Correction) {
  return (text: string, before: readonly Correction[] | undefined): Correction[] => [...(before ?? []), read(text)]
}

/** `column:from=to`. A column is a key, a short name or a name in the header; quotes around `from` are for one with `=`. */
function readReplacement(text: string): Correction {
  const [, column, quoted, plain, to] = /^([^:]+):(?:"([^"]*)"|([^=]*))=(.*)$/s.exec(text) ?? []
  if (column === undefined || to === undefined) {
    throw new InvalidArgumentError('expected column:from=to such as till:99=17')
  }
  return { column: nameColumn(column), from: quoted ?? plain ?? '', to }
}

function readCellChange(text: string): Correction {
  const [, row, column, to] = /^(\d{1,10}):([^=]+)=(.*)$/s.exec(text) ?? []
  if (row === undefined || column === undefined || to === undefined) {
    throw new InvalidArgumentError('expected row:column=to such as 3:till=17')
  }
  return { rowNumber: Number(row), column: nameColumn(column), to }
}

function readDrop(text: string): Correction {
  if (/^\d{1,10}$/.test(text)) return { rowNumber: Number(text), drop: true }
  throw new InvalidArgumentError('expected the number of a row')
}

/** The server knows the names in the header; the short names of columns are ours. */
function nameColumn(name: string): string {
  return findColumnKey(name) ?? name
}

function readCode(text: string): RowErrorCode {
  const code = ROW_ERROR_CODES.find((known) => known === text.toUpperCase())
  if (code !== undefined) return code
  throw new InvalidArgumentError(`there is no such code; did you mean ${closest(text.toUpperCase(), ROW_ERROR_CODES)}?`)
}
