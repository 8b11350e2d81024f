import { Link } from 'wouter'

import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { formatCount } from '../../format/numbers.ts'
import { beginSentence, shorten, wordCode, wordColumn } from '../../format/words.ts'
import type { Fault } from './correct-dialog.tsx'
import type { Correction } from '@importer/contracts'
import { findCorrection } from './corrections.ts'
import own from './import.module.css'
import type { RowError } from './rejected-rows.tsx'

/** A cell of ten thousand characters is read in the view of its row. */
const SHOWN = 300

interface RejectedRowProps {
  readonly importId: string
  readonly item: RowError
  readonly corrections: readonly Correction[]
  readonly mayCorrect: boolean
  readonly onCorrect: (fault: Fault) => void
  readonly onAdd: (correction: Correction) => void
  readonly onRemove: (correction: Correction) => void
}

/** The cells of one row error: which cell it is, what stands there, why that is wrong, and what to do with it. */
export function RejectedRow({ importId, item, corrections, mayCorrect, onCorrect, onAdd, onRemove }: RejectedRowProps) {
  const { rowNumber, line, column, value, message, code } = item
  const correction = findCorrection(corrections, item)
  return (
    <>
      <span role="cell">
        <Link href={`/imports/${importId}/rows/${rowNumber}`}>{formatCount(rowNumber)}</Link>
        <span className={own.line}>line {formatCount(line)}</span>
      </span>
      <span role="cell">{column === null ? 'Whole row' : wordColumn(column)}</span>
      <span role="cell" className={own.cellValue}>
        <span className={styles.wrong}>{value === '' ? '(empty)' : shorten(value, SHOWN)}</span>
      </span>
      <span role="cell" className={own.message}>
        {shorten(beginSentence(message), SHOWN)}
        <span className={own.line}>{wordCode(code)}</span>
      </span>
      <span role="cell" className={own.actions}>
        {correction !== null && (
          <>
            <span className={own.corrected}>{describeShort(correction)}</span>
            <Button look="plain" isSmall onClick={() => onRemove(correction)}>
              Undo
            </Button>
          </>
        )}
        {correction === null && mayCorrect && (
          <>
            {column !== null && (
              <Button isSmall onClick={() => onCorrect({ rowNumber, column, value, message })}>
                Correct
              </Button>
            )}
            <Button isSmall onClick={() => onAdd({ rowNumber, drop: true })}>
              Leave out
            </Button>
          </>
        )}
      </span>
    </>
  )
}

function describeShort(correction: Correction): string {
  if ('drop' in correction) return 'Left out'
  return `→ ${correction.to === '' ? '(empty)' : shorten(correction.to)}`
}
