import { RequestError, type ImportView } from '@importer/client'

import { CliError } from './cli-error.ts'

/** As diff and grep have it: all is well, it was done with something to look at, it was not done; and two more. */
export const EXIT = { success: 0, partial: 1, trouble: 2, denied: 4, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_CODE_HELP = `Exit codes (of import --wait and wait: of the import's outcome):
  0    all is well
  1    done, but some rows were rejected
  2    not done: failed, cancelled, every row rejected; a wrong option; no answer
  4    no API key, or one without permission
  130  interrupted`

/** What an ended import means to a script. */
export function exitCodeOf({ status, outcome }: Pick<ImportView, 'status' | 'outcome'>): ExitCode {
  if (status !== 'completed') return EXIT.trouble
  switch (outcome) {
    case 'success':
      return EXIT.success
    case 'partial':
      return EXIT.partial
    case 'failure':
    case null:
      return EXIT.trouble
  }
}

/** What a command that could not be done means to a script. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode
  if (error instanceof RequestError && (error.status === 401 || error.status === 403)) return EXIT.denied
  return EXIT.trouble
}

/** Of several: what needs somebody most. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce<ExitCode>((worst, code) => (code > worst ? code : worst), EXIT.success)
}

/** The commands of before there was `denied` end with 2 there, as the scripts around them expect. */
export async function withoutDenied<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (exitCodeOfError(error) !== EXIT.denied) throw error
    throw new CliError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
