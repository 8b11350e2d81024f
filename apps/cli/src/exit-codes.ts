import type { ImportView } from '@importer/client'

/** As diff and grep have it: all is well, it was done with something to look at, it was not done. */
export const EXIT = { success: 0, partial: 1, trouble: 2 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

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
