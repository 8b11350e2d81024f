import type { Strategy, SeriesKind } from '@importer/db'

/** Which statement evaluates the rows of a series of that kind. */
export function chooseStrategy(kind: SeriesKind, fastest: Strategy = 'first-use'): Strategy {
  return kind === 'single-use' ? fastest : kind
}
