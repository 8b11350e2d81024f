import { foldColumnName } from '@importer/csv'

/** A position, or why there is none. */
export type NamedColumn = number | 'absent' | 'ambiguous'

/**
 * Where a header has a name. Names compare without case, blanks and what cannot be seen; of several that are then the same
 * the one that is written just so counts.
 */
export function findNamedColumn(header: readonly string[], name: string): NamedColumn {
  const folded = foldColumnName(name)
  const alike = header.flatMap((other, position) => (foldColumnName(other) === folded ? [position] : []))
  const [position, ...others] = alike.length > 1 ? alike.filter((at) => header[at] === name) : alike
  if (others.length > 0) return 'ambiguous'
  return position ?? (alike.length > 1 ? 'ambiguous' : 'absent')
}
