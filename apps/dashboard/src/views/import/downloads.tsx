import { DownloadLink } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Note } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { Panel } from '../../design/layout.tsx'
import { formatNumber } from '../../format/numbers.ts'
import { isOver } from '../../format/words.ts'
import type { ImportView } from '../../api/client.ts'

interface Download {
  readonly path: string
  readonly text: string
  readonly isOffered: boolean
}

/** Files of this import: first what a spreadsheet opens and gives back unharmed. `expiredAt`: when they were deleted. */
export function Downloads({ view, expiredAt }: { readonly view: ImportView; readonly expiredAt: string | null }) {
  const { counts } = view
  if (expiredAt !== null) {
    return (
      <Panel title="Downloads">
        <Note>
          <p>
            File and reports were deleted on <Time at={expiredAt} />: there is nothing to download, and its rejected
            rows cannot be sent again. The counts stay.
          </p>
        </Note>
      </Panel>
    )
  }
  const hasRejected = counts.rejected > 0
  const forSpreadsheets: readonly Download[] = [
    {
      path: 'errors.xlsx',
      text: 'Rejected rows, Excel',
      isOffered: hasRejected,
    },
    { path: 'errors.csv?for=spreadsheet', text: 'Rejected rows, CSV', isOffered: hasRejected },
    {
      path: 'errors.csv?for=spreadsheet&delimiter=%3B',
      text: 'Rejected rows, CSV with semicolons',
      isOffered: hasRejected,
    },
  ]
  const forPrograms: readonly Download[] = [
    { path: 'errors.csv', text: 'Rejected', isOffered: hasRejected },
    { path: 'inserted.csv', text: 'Inserted', isOffered: counts.inserted > 0 },
    { path: 'duplicates.csv', text: 'Duplicates', isOffered: counts.duplicates > 0 },
    { path: 'unprocessed.csv', text: 'Never processed', isOffered: isOver(view) && view.status !== 'completed' },
    { path: 'file', text: 'The upload itself', isOffered: true },
  ]
  return (
    <Panel title="Downloads">
      {hasRejected && (
        <div className={styles.stack}>
          <h3>For a spreadsheet</h3>
          <p className={styles.hint}>
            Put right {formatNumber(counts.rejected, 'rejected row')} in Excel or LibreOffice and upload the file again
            as it is: long numbers and dates stay what they are.
          </p>
          <Links id={view.id} downloads={forSpreadsheets} />
        </div>
      )}
      <div className={styles.stack}>
        <h3>For programs</h3>
        <Links id={view.id} downloads={forPrograms} />
      </div>
    </Panel>
  )
}

function Links({ id, downloads }: { readonly id: number; readonly downloads: readonly Download[] }) {
  return (
    <div className={styles.row}>
      {downloads
        .filter(({ isOffered }) => isOffered)
        .map(({ path, text }) => (
          <DownloadLink key={path} isSmall href={`/v1/imports/${id}/${path}`}>
            {text}
          </DownloadLink>
        ))}
    </div>
  )
}
