import type { Judge, SeriesKind } from '@importer/db'

/** Which statement evaluates the rows of a series of that kind. */
export function chooseJudge(kind: SeriesKind, fastest: Judge = 'first-use'): Judge {
  return kind === 'single-use' ? fastest : kind
}
