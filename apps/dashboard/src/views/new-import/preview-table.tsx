import { COLUMN_KEYS, DEFAULT_DATE_FORMAT, isNamedDateFormat, type ColumnKey } from '@importer/contracts'

import type { Inspection } from '../../api/inspect-file.ts'
import styles from '../../design/design.module.css'
import { joinNames } from '../../design/join-names.ts'
import { Scroll } from '../../design/layout.tsx'
import { Badge } from '../../design/notes.tsx'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { beginSentence, DELIMITER_WORDS, shorten, wordColumn } from '../../format/words.ts'
import own from './new-import.module.css'
import type { Columns } from './settings.ts'

interface PreviewTableProps {
  readonly inspection: Inspection
  readonly columns: Columns
  readonly onChoose: (position: number, key: ColumnKey | null) => void
}

const SHOWN_CHARACTERS = 120

/** The first rows as the importer reads them, a choice of meaning above each column, and what is wrong with each row. */
export function PreviewTable({ inspection, columns, onChoose }: PreviewTableProps) {
  return (
    <Scroll label="First rows of the file">
      <table className={own.preview}>
        <thead>
          <tr>
            <th scope="col">Row</th>
            {inspection.columns.map(({ position, name }) => (
              <th key={position} scope="col">
                <span className={own.columnName}>{name ?? `Column ${position + 1}`}</span>
                <select
                  aria-label={`Meaning of column ${position + 1}${name === null ? '' : `, ${shorten(name, SHOWN_CHARACTERS)}`}`}
                  value={columns.get(position) ?? ''}
                  data-chosen={columns.has(position)}
                  onChange={(event) =>
                    onChoose(position, COLUMN_KEYS.find((key) => key === event.target.value) ?? null)
                  }
                >
                  <option value="">Not imported</option>
                  {COLUMN_KEYS.map((key) => (
                    // Arrow keys and typing pass over what another column means: it must not lose that on the way.
                    <option key={key} value={key} disabled={isTaken(columns, position, key)}>
                      {wordColumn(key)}
                    </option>
                  ))}
                </select>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {inspection.rows.map((row) => {
            const wrong = new Map(row.errors.map((error) => [error.column, error.message]))
            return (
              <tr key={row.rowNumber} data-wrong={row.errors.length > 0}>
                <th scope="row" className={own.rowHead}>
                  {formatCount(row.rowNumber)}
                  {row.errors.length > 0 && (
                    <ul className={own.errors}>
                      {row.errors.map((error) => (
                        <li key={`${error.code}/${error.column ?? ''}`}>
                          {shorten(beginSentence(error.message), SHOWN_CHARACTERS)}
                        </li>
                      ))}
                    </ul>
                  )}
                </th>
                {inspection.columns.map(({ position }) => {
                  const key = columns.get(position)
                  const isWrong = key !== undefined && wrong.has(key)
                  const cell = row.cells[position] ?? ''
                  return (
                    <td
                      key={position}
                      className={joinNames(styles.value, own.cell, key === undefined && styles.quiet)}
                      title={isWrong ? wrong.get(key) : undefined}
                    >
                      <span className={isWrong ? styles.wrong : undefined}>
                        {isWrong && cell === '' ? '(empty)' : shorten(cell, SHOWN_CHARACTERS)}
                      </span>
                    </td>
                  )
                })}
              </tr>
            )
          })}
        </tbody>
      </table>
    </Scroll>
  )
}

function isTaken(columns: Columns, position: number, key: ColumnKey): boolean {
  return [...columns].some(([at, known]) => known === key && at !== position)
}

/** What the file turned out to be, and what its first rows come to as far as they could be checked. */
export function FoundOut({
  inspection,
  isLookedUp,
}: {
  readonly inspection: Inspection
  readonly isLookedUp: boolean
}) {
  const { delimiter, headerRow, encoding, skippedLines } = inspection
  return (
    <span className={styles.row}>
      {delimiter !== null && <Badge>separated by {wordDelimiters(delimiter)}</Badge>}
      <Badge>{headerRow ? 'with a header' : 'no header'}</Badge>
      {encoding !== null && encoding !== 'utf-8' && <Badge>{encoding}</Badge>}
      {skippedLines > 0 && <Badge>{formatNumber(skippedLines, 'line')} before it skipped</Badge>}
      {inspection.rows.length > 0 && <Summary inspection={inspection} isLookedUp={isLookedUp} />}
    </span>
  )
}

function wordDelimiters(delimiter: string): string {
  const word = DELIMITER_WORDS[delimiter]
  return word === undefined ? `“${delimiter}”` : `${word}s`
}

function Summary({ inspection, isLookedUp }: { readonly inspection: Inspection; readonly isLookedUp: boolean }) {
  const { rows, uploadHeaders, dateFormat, timeZone, problems } = inspection
  const needsZone = timeZone === null && !isNamedDateFormat(dateFormat ?? DEFAULT_DATE_FORMAT)
  const isRefused = problems.some(({ code }) => code === 'MISSING_KEY' || code === 'MISSING_FIELD')
  if (uploadHeaders === null || needsZone || isRefused) return <Badge>rows not checked yet</Badge>
  const faulty = rows.filter(({ errors }) => errors.length > 0).length
  const first = rows.length === 1 ? 'first row' : `first ${rows.length} rows`
  if (faulty > 0) {
    const share = rows.length === 1 ? `the ${first}` : `${faulty} of the ${first}`
    return <Badge tone="warn">{share} would be rejected</Badge>
  }
  if (!isLookedUp) return <Badge>{first} can be read: choose the series to look them up</Badge>
  return <Badge tone="good">the {first} would be imported</Badge>
}
