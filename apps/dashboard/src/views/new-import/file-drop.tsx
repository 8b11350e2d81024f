import { useState } from 'react'

import styles from '../../design/design.module.css'
import { Field } from '../../design/fields.tsx'
import { formatBytes } from '../../format/numbers.ts'
import own from './new-import.module.css'

interface FileDropProps {
  readonly file: File | null
  readonly onFile: (file: File) => void
}

/** A file is chosen, or dropped. */
export function FileDrop({ file, onFile }: FileDropProps) {
  const [isOver, setOver] = useState(false)
  return (
    <div
      className={own.drop}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const [dropped] = event.dataTransfer.files
        if (dropped !== undefined) onFile(dropped)
      }}
    >
      <Field label="CSV or Excel file" hint="Or drop it here. Gzip is taken too.">
        {(control) => (
          <input
            {...control}
            type="file"
            accept=".csv,.tsv,.txt,.gz,.xlsx,text/csv"
            onChange={(event) => {
              const chosen = event.target.files?.[0]
              if (chosen !== undefined) onFile(chosen)
            }}
          />
        )}
      </Field>
      {file !== null && (
        <div className={styles.value}>
          <strong>{file.name}</strong>, {formatBytes(file.size)}
        </div>
      )}
    </div>
  )
}
