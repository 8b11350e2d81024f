import { useMutation } from '@tanstack/react-query'
import { useLocation } from 'wouter'

import { client, type ImportView } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Panel } from '../../design/layout.tsx'
import { ErrorNote } from '../../design/notes.tsx'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { shorten, wordColumn } from '../../format/words.ts'
import type { Correction } from '@importer/contracts'
import { useCorrections } from './corrections.ts'

/** What was corrected and is not sent yet. */
export function CorrectionsPanel({ view }: { readonly view: ImportView }) {
  const importId = String(view.id)
  const { corrections, remove, clear } = useCorrections(importId)
  const [, navigate] = useLocation()
  const send = useMutation({
    mutationFn: async (dryRun: boolean) =>
      client.retryRejected({ importId, body: { corrections: [...corrections], dryRun } }),
    onSuccess: (made, dryRun) => {
      if (!dryRun) clear()
      navigate(`/imports/${made.id}`)
    },
  })
  if (corrections.length === 0) return null
  return (
    <Panel title={`${formatNumber(corrections.length, 'correction')} not imported yet`}>
      <ul className={styles.stack}>
        {corrections.map((correction) => (
          <li key={JSON.stringify(correction)}>
            <span className={styles.value}>{describe(correction)}</span>{' '}
            <Button look="plain" isSmall onClick={() => remove(correction)}>
              Undo
            </Button>
          </li>
        ))}
      </ul>
      <p className={styles.quiet}>
        A new import is made of the {formatNumber(view.counts.rejected, 'rejected row')} with these corrections. Rows
        that are still wrong are rejected again. This import and its file stay as they are.
      </p>
      {send.isError && <ErrorNote error={send.error} />}
      <div className={styles.actions}>
        <Button look="primary" disabled={send.isPending} onClick={() => send.mutate(false)}>
          Import corrected rows
        </Button>
        <Button disabled={send.isPending} onClick={() => send.mutate(true)}>
          Check without importing
        </Button>
      </div>
      <CurlDisclosure command={makeCurl('retryRejected', { importId }, { json: { corrections, dryRun: false } })} />
    </Panel>
  )
}

function describe(correction: Correction): string {
  if ('drop' in correction) return `Row ${formatCount(correction.rowNumber)} is left out`
  const to = correction.to === '' ? 'empty' : `“${shorten(correction.to)}”`
  if ('from' in correction) {
    const from = correction.from === '' ? 'empty' : `“${shorten(correction.from)}”`
    return `${wordColumn(correction.column)}: ${from} becomes ${to} in every rejected row`
  }
  return `Row ${formatCount(correction.rowNumber)}, ${wordColumn(correction.column)}: becomes ${to}`
}
