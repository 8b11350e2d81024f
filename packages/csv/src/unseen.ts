/**
 * White space of any script and characters that cannot be seen: controls, zero-width and direction marks, byte order
 * marks, fillers. Selectors and tags are left alone, as they change the character before them.
 */
const UNSEEN =
  '\\p{White_Space}\\p{Cc}\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}'
const AT_START = new RegExp(`^[${UNSEEN}]+`, 'u')
const IS_UNSEEN = new RegExp(`^[${UNSEEN}]$`, 'u')

const EVERY_UNSEEN = new RegExp(`[${UNSEEN}]`, 'gu')

const FIRST_SEEN = 0x21
const LAST_SEEN = 0x7e

/** The cell without white space of any script and characters that cannot be seen at both ends. */
export function trimCell(cell: string): string {
  const { length } = cell
  if (length === 0) return cell
  // Nearly every cell begins and ends with what can be seen in ASCII.
  if (isSeenAscii(cell.charCodeAt(0)) && isSeenAscii(cell.charCodeAt(length - 1))) return cell
  const start = AT_START.exec(cell)?.[0].length ?? 0
  let end = length
  // Backwards by hand: an expression that is anchored at the end tries every run of blanks on the way there.
  while (end > start) {
    const unit = cell.charCodeAt(end - 1)
    const size = unit >= 0xdc00 && unit <= 0xdfff && end - start > 1 ? 2 : 1
    if (isSeenAscii(unit) || !IS_UNSEEN.test(cell.slice(end - size, end))) break
    end -= size
  }
  return cell.slice(start, end)
}

/** A column's name as names compare: without case, without blanks and what cannot be seen, also amid it, in one Unicode form. */
export function foldColumnName(name: string): string {
  return name.normalize('NFC').replaceAll(EVERY_UNSEEN, '').toLowerCase()
}

/** Whether nothing of a record can be seen in any of its cells: then it carries no row. */
export function isEmptyRecord(cells: readonly string[]): boolean {
  for (const cell of cells) {
    if (cell === '') continue
    if (isSeenAscii(cell.charCodeAt(0)) || trimCell(cell) !== '') return false
  }
  return true
}

function isSeenAscii(unit: number): boolean {
  return unit >= FIRST_SEEN && unit <= LAST_SEEN
}
