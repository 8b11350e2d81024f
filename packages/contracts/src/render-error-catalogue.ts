import {
  IMPORT_FAILURE_EXPLANATIONS,
  LIKELY_CAUSES,
  ROW_ERROR_CODES,
  type Advice,
  type RowErrorCode,
} from './error-catalogue.ts'
import type { ImportFailureCode } from './import-state.ts'
import { nameRowError } from './name-row-error.ts'

/** The catalogue as a page of documentation, in Markdown. */
export function renderErrorCatalogue(): string {
  const rows = (Object.keys(ROW_ERROR_CODES) as RowErrorCode[]).map((code) => {
    const heading = `${nameRowError(code)}. Number ${ROW_ERROR_CODES[code].number}.`
    return `## ${code}\n\n${heading}\n\n${renderAdvice(ROW_ERROR_CODES[code])}`
  })
  const likely = Object.values(LIKELY_CAUSES).map(({ cause, remedy }) => `| ${cause} | ${remedy} |`)
  const failures = (Object.keys(IMPORT_FAILURE_EXPLANATIONS) as ImportFailureCode[]).map(
    (code) => `### ${code}\n\n${renderAdvice(IMPORT_FAILURE_EXPLANATIONS[code])}`,
  )
  return [
    '# Errors\n',
    '<!-- Written by `npm run docs:errors` from packages/contracts/src/error-catalogue.ts. -->\n',
    'Why a row was rejected: the code in `errorCode` of the error report, its number in `errorNumber`. The message beside it names the value and, where the value shows one, the likely cause.\n',
    ...rows,
    '## What a value may show\n',
    'A value may show by itself why it is wrong. Then the message ends with that, and a row explained has it in place of the usual cause.\n',
    ['| cause | what to do |', '| --- | --- |', ...likely, ''].join('\n'),
    '## Imports that fail\n',
    'Why an import as a whole ended, in `failure.code`.\n',
    ...failures,
  ].join('\n')
}

function renderAdvice({ cause, remedy }: Advice): string {
  return `${cause}\n\n**What to do:** ${remedy}\n`
}
