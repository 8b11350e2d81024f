import {
  IMPORT_FAILURE_CODES,
  IMPORT_FAILURES,
  nameRowError,
  ROW_ERROR_CODES,
  ROW_RULES,
  type ImportFailureCode,
  type RowErrorCode,
} from '@importer/contracts'
import type { Command } from 'commander'
import { closest } from 'fastest-levenshtein'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'

/** `explain CODE`: cause and remedy of a code, of a row or of an import. Asks no server. */
export function addExplainCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('explain')
    .description('cause and remedy of an error code; without a code: all of them')
    .argument('[code]', 'a code of a row error or of a failed import, or the number of a row error')
    .action(runCommand(context, async (_session, code: string | undefined) => Promise.resolve(explain(code))))
  addExamples(command, [
    ['a row', 'redemptions explain COUPON_ALREADY_REDEEMED'],
    ['by the documented number', 'redemptions explain 711'],
    ['an import that failed', 'redemptions explain ERROR_BUDGET_EXCEEDED'],
  ])
}

function explain(text: string | undefined): Result {
  if (text === undefined) {
    const codes = [...ROW_ERROR_CODES.map(explainRowCode), ...IMPORT_FAILURE_CODES.map(explainFailure)]
    return { json: { codes }, text: codes.map(({ code, title }) => `${code}: ${title}`).join('\n') }
  }
  const wanted = text.toUpperCase().replaceAll('-', '_')
  const found = ROW_ERROR_CODES.filter((code) => code === wanted || String(ROW_RULES[code].number) === wanted).map(
    explainRowCode,
  )
  const failure = IMPORT_FAILURE_CODES.find((code) => code === wanted)
  const all = [...found, ...(failure === undefined ? [] : [explainFailure(failure)])]
  const [first] = all
  if (first === undefined) {
    throw new CliError(
      `there is no code ${text}; did you mean ${closest(wanted, [...ROW_ERROR_CODES, ...IMPORT_FAILURE_CODES])}?`,
    )
  }
  return { json: all.length === 1 ? first : { codes: all }, text: all.map(describe).join('\n\n') }
}

interface Explanation {
  readonly code: string
  readonly number: number | null
  readonly title: string
  readonly cause: string
  readonly remedy: string
}

function explainRowCode(code: RowErrorCode): Explanation {
  const { number, cause, remedy } = ROW_RULES[code]
  return { code, number, title: nameRowError(code), cause, remedy }
}

function explainFailure(code: ImportFailureCode): Explanation {
  return { code, number: null, title: 'The import as a whole ended', ...IMPORT_FAILURES[code] }
}

function describe({ code, number, title, cause, remedy }: Explanation): string {
  const heading = number === null ? code : `${code} (${number})`
  return `${heading}: ${title}.\n\nCause:      ${cause}\nWhat to do: ${remedy}`
}
