import { toPlainText } from '@importer/contracts'
import stringWidth from 'string-width'

export interface TableOptions {
  /** columns, from 0, that are aligned to the right */
  readonly right?: readonly number[]
  /** The columns of the terminal: the widest cells are shortened until the table fits. Without: nothing is shortened. */
  readonly width?: number | undefined
  /** Colours a cell, which has its final length by then. `row` is from 0, without the head. */
  readonly paint?: (text: string, place: { readonly row: number; readonly column: number }) => string
}

const GAP = '  '
const NARROWEST = 8

/** Rows under a head, in columns, for a terminal. No line ends with spaces, none with a line end. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [], width, paint = (text) => text }: TableOptions = {},
): string {
  const lines = [head, ...rows].map((cells) => head.map((_, column) => toPlainText(cells[column] ?? '')))
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => stringWidth(cells[column] ?? ''))))
  if (width !== undefined) shrink(widths, width)
  return lines
    .map((cells, line) => {
      const end = cells.findLastIndex((cell) => cell !== '')
      return cells
        .slice(0, end + 1)
        .map((cell, column) => {
          const most = widths[column] ?? 0
          const text = shorten(cell, most)
          const shown = line === 0 ? text : paint(text, { row: line - 1, column })
          const padding = ' '.repeat(most - stringWidth(text))
          if (right.includes(column)) return padding + shown
          return column === end ? shown : shown + padding
        })
        .join(GAP)
    })
    .join('\n')
}

/** Takes from the widest column, again and again, what the table is too wide by. */
function shrink(widths: number[], width: number): void {
  let excess = widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - width
  while (excess > 0) {
    const widest = Math.max(...widths)
    if (widest <= NARROWEST) return
    const column = widths.indexOf(widest)
    const next = Math.max(NARROWEST, ...widths.filter((one) => one < widest))
    const taken = Math.min(excess, Math.max(1, widest - next))
    widths[column] = widest - taken
    excess -= taken
  }
}

function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (stringWidth(kept + character) > width - 1) break
    kept += character
  }
  return `${kept}…`
}
