import { LIKELY_CAUSES } from './find-likely-cause.ts'
import { IMPORT_FAILURE_CODES, IMPORT_FAILURES } from './import-failures.ts'
import { nameRowError } from './row-errors.ts'
import { ROW_ERROR_CODES, ROW_RULES, type Advice } from './row-rules.ts'

/** The catalogue as a page of documentation, in Markdown. */
export function renderErrorCatalogue(): string {
  const rows = ROW_ERROR_CODES.map((code) => {
    const heading = `${nameRowError(code)}. Number ${ROW_RULES[code].number}.`
    return `## ${code}\n\n${heading}\n\n${renderAdvice(ROW_RULES[code])}`
  })
  const likely = Object.values(LIKELY_CAUSES).map(({ cause, remedy }) => `| ${cause} | ${remedy} |`)
  const failures = IMPORT_FAILURE_CODES.map((code) => `### ${code}\n\n${renderAdvice(IMPORT_FAILURES[code])}`)
  return [
    '# Errors\n',
    '<!-- Written by `npm run docs:errors` from packages/contracts/src/row-rules.ts. -->\n',
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
