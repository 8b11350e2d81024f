export interface TableOptions {
  /** columns, from 0, that are aligned to the right */
  readonly right?: readonly number[]
}

/** Rows under a head, in columns, for a terminal. No line ends with spaces, none with a line end. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: TableOptions = {},
): string {
  const lines = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)))
  return lines
    .map((cells) =>
      widths
        .map((width, column) => {
          const cell = cells[column] ?? ''
          return right.includes(column) ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
