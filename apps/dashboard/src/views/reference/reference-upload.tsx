import type { ReferenceKind } from '@importer/contracts'
import { useState } from 'react'

import { client } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Field, Form } from '../../design/fields.tsx'
import { Panel, Scroll } from '../../design/layout.tsx'
import { ErrorNote, Note } from '../../design/notes.tsx'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { useChange } from '../../live/use-change.ts'

const COLUMNS: Readonly<Record<ReferenceKind, string>> = {
  series: 'id, name, maxRedemptionsPerCoupon, validFrom, validTill',
  coupons: 'id, seriesId, code, customerId, status, expiresAt',
  customers: 'id, mobile, email, externalId',
  tills: 'id, name',
}

interface ReferenceUploadProps {
  readonly kind: ReferenceKind
  readonly words: string
}

/** More of it from a CSV file: what is there is changed, the rest is added. */
export function ReferenceUpload({ kind, words }: ReferenceUploadProps) {
  const [file, setFile] = useState<File | null>(null)
  const load = useChange({
    act: async (chosen: File) => client.loadReference({ kind, body: chosen }),
    renews: ['reference-count'],
  })
  const result = load.data
  return (
    <Panel title={`Add or change ${words}`}>
      <Form
        onSubmit={() => {
          if (file !== null) load.mutate(file)
        }}
      >
        <Field
          label="CSV file with named columns"
          hint={`Columns: ${COLUMNS[kind]}. Those that are absent are left alone.`}
        >
          {(control) => (
            <input
              {...control}
              type="file"
              accept=".csv,text/csv"
              onChange={(event) => {
                setFile(event.target.files?.[0] ?? null)
                load.reset()
              }}
            />
          )}
        </Field>
        <div>
          <Button type="submit" look="primary" disabled={file === null || load.isPending}>
            {load.isPending ? 'Loading…' : `Load ${words}`}
          </Button>
        </div>
      </Form>
      {load.isError && <ErrorNote error={load.error} />}
      {result !== undefined && (
        <div role="status">
          <Note tone={result.rejected > 0 ? 'warn' : 'good'}>
            <p>
              {formatNumber(result.received, 'row')}: {formatCount(result.inserted)} added,{' '}
              {formatCount(result.updated)} changed, {formatCount(result.rejected)} rejected.
            </p>
          </Note>
        </div>
      )}
      {result !== undefined && result.errors.length > 0 && (
        <Scroll label="Rejected rows of the file">
          <table>
            <caption className="visually-hidden">The first rows that were rejected</caption>
            <thead>
              <tr>
                <th scope="col" className={styles.number}>
                  Line
                </th>
                <th scope="col">Column</th>
                <th scope="col">What is wrong</th>
              </tr>
            </thead>
            <tbody>
              {result.errors.map(({ line, field, code, message }) => (
                <tr key={`${line}/${code}/${field ?? ''}`}>
                  <td className={styles.number}>{formatCount(line)}</td>
                  <td>{field ?? 'Whole row'}</td>
                  <td className={styles.value}>{message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  )
}
