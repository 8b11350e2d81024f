/**
 * How contract section 6 says that a cell is read, one character after the other. Shares no code with the importer.
 */
import type { ColumnKey } from '@importer/contracts'

/** White space, and what cannot be seen: controls and formats, but for the tags and joiners that make one sign of several. */
function cannotBeSeen(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0xe0000 && code <= 0xe007f) return false
  return /^(?:\p{White_Space}|\p{Cc}|\p{Cf}|\u034f|\u115f|\u1160|\u3164|\uffa0|\u2800)$/u.test(character)
}

export function trimUnseen(text: string): string {
  const characters = [...text]
  while (characters.length > 0 && cannotBeSeen(characters[0] ?? '')) characters.shift()
  while (characters.length > 0 && cannotBeSeen(characters.at(-1) ?? '')) characters.pop()
  return characters.join('')
}

/** Zeros of the scripts whose digits the cases are written in. */
const ZEROS = [0x30, 0xff10, 0x660, 0x6f0, 0x966]

function asciiDigits(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0
      const zero = ZEROS.find((each) => code >= each && code <= each + 9)
      return zero === undefined ? character : String(code - zero)
    })
    .join('')
}

/** `'` before a digit or a sign, and `="…"` around the whole, keep text in a spreadsheet. */
function withoutTextMarks(text: string): string {
  let bare = text
  if (bare.startsWith("'") && /^[0-9=+\-@\t\r]/.test(asciiDigits(bare.slice(1)))) bare = trimUnseen(bare.slice(1))
  if (bare.startsWith('="') && bare.endsWith('"') && bare.length > 2) {
    const inner = bare.slice(2, -1)
    if (!inner.replaceAll('""', '').includes('"')) bare = trimUnseen(inner.replaceAll('""', '"'))
  }
  return bare
}

/** 50015001.0 is 50015001. */
function withoutZeroFraction(text: string): string {
  const [whole = '', fraction, ...more] = text.split('.')
  const isWhole = /^[0-9]+$/.test(whole) && more.length === 0 && fraction !== undefined && /^0+$/.test(fraction)
  return isWhole ? whole : text
}

export function readCellSlowly(key: ColumnKey, cell: string): string {
  const trimmed = trimUnseen(cell)
  if (key === 'details') return trimmed
  const text = withoutTextMarks(trimmed)
  const isNumber = ['userId', 'couponId', 'redeemedAt', 'redeemedDateInMillis', 'mobile'].includes(key)
  return isNumber ? withoutZeroFraction(asciiDigits(text)) : text
}

export function isEmptyRecord(cells: readonly string[]): boolean {
  return cells.every((cell) => trimUnseen(cell) === '')
}
