import { foldColumnName } from '@importer/csv'

/** A position, or why there is none. */
export type NamedColumn = number | 'absent' | 'ambiguous'

/** Says where a header has a name. */
export type ColumnFinder = (name: string) => NamedColumn

/**
 * Makes the finder of a header's columns. Names compare without case, blanks and what cannot be seen; of several that are
 * then the same the one that is written just so counts.
 */
export function createColumnFinder(header: readonly string[]): ColumnFinder {
  const positionsOf = new Map<string, number[]>()
  for (const [position, name] of header.entries()) {
    const folded = foldColumnName(name)
    const others = positionsOf.get(folded)
    if (others === undefined) positionsOf.set(folded, [position])
    else others.push(position)
  }
  return (name) => {
    const alike = positionsOf.get(foldColumnName(name)) ?? []
    const [position, ...others] = alike.length > 1 ? alike.filter((at) => header[at] === name) : alike
    if (others.length > 0) return 'ambiguous'
    return position ?? (alike.length > 1 ? 'ambiguous' : 'absent')
  }
}
