import { useState } from 'react'

import { Advice } from '../../design/advice.tsx'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Dialog } from '../../design/dialog.tsx'
import { CheckField, Form, TextField } from '../../design/fields.tsx'
import { formatCount } from '../../format/numbers.ts'
import { beginSentence, shorten, wordColumn } from '../../format/words.ts'
import type { Correction } from '@importer/contracts'

export interface Fault {
  /** null: all rows with the value are meant. */
  readonly rowNumber: number | null
  readonly column: string
  readonly value: string
  readonly message: string
  readonly remedy?: string
}

interface CorrectDialogProps {
  readonly fault: Fault
  readonly onCorrect: (correction: Correction) => void
  readonly onClose: () => void
}

/** A new value for a cell, or for every cell of its column that has the same. */
export function CorrectDialog({ fault, onCorrect, onClose }: CorrectDialogProps) {
  const { rowNumber, column, value, message, remedy } = fault
  const [text, setText] = useState(value)
  const [isForAll, setForAll] = useState(rowNumber === null)
  const apply = (): void => {
    const isOfValue = isForAll || rowNumber === null
    onCorrect(isOfValue ? { column, from: value, to: text } : { rowNumber, column, to: text })
    onClose()
  }
  return (
    <Dialog
      title={rowNumber === null ? `Correct “${shorten(value)}”` : `Correct row ${formatCount(rowNumber)}`}
      onClose={onClose}
    >
      <Form onSubmit={() => apply()}>
        <p className={styles.value}>{beginSentence(message)}</p>
        {remedy !== undefined && (
          <p className={styles.quiet}>
            <Advice text={remedy} />
          </p>
        )}
        <div>
          <div className={styles.hint}>{wordColumn(column)}, as it is in the file</div>
          <div className={styles.value}>
            {value === '' ? (
              <span className={styles.quiet}>(empty)</span>
            ) : (
              <span className={styles.wrong}>{value}</span>
            )}
          </div>
        </div>
        <TextField label="New value" autoFocus value={text} maxLength={1_000} onText={setText} />
        <CheckField
          label="All rows with this value"
          isChecked={isForAll}
          disabled={rowNumber === null}
          onCheck={setForAll}
        />
        <p className={styles.hint}>
          Nothing is sent yet: corrections are collected, and the file itself stays as it is.
        </p>
        <div className={styles.dialogActions}>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" look="primary" disabled={text === value}>
            Apply correction
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
