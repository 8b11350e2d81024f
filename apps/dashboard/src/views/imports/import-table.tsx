import { Link } from 'wouter'

import styles from '../../design/design.module.css'
import { joinNames } from '../../design/join-names.ts'
import { Scroll } from '../../design/layout.tsx'
import { ImportBadges } from '../../design/status-badge.tsx'
import { Time } from '../../design/time.tsx'
import { formatCount } from '../../format/numbers.ts'
import { isOver, showFileName } from '../../format/words.ts'
import own from './imports.module.css'
import { ProgressBar } from './progress-bar.tsx'
import type { ImportView } from '../../api/client.ts'

/** Imports as a table; on a narrow screen each is a card. */
export function ImportTable({ imports }: { readonly imports: readonly ImportView[] }) {
  return (
    <Scroll label="Imports">
      <table className={own.table}>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Status</th>
            <th scope="col">Series</th>
            <th scope="col" className={styles.number}>
              Rows
            </th>
            <th scope="col" className={styles.number}>
              Inserted
            </th>
            <th scope="col" className={styles.number}>
              Duplicates
            </th>
            <th scope="col" className={styles.number}>
              Rejected
            </th>
            <th scope="col">Uploaded</th>
          </tr>
        </thead>
        <tbody>
          {imports.map((view) => (
            <ImportRow key={view.id} view={view} />
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function ImportRow({ view }: { readonly view: ImportView }) {
  const { id, fileName, seriesId, counts, createdAt, progress, delay } = view
  return (
    <tr>
      <td className={own.file}>
        <Link href={`/imports/${id}`} className={styles.value}>
          {showFileName(fileName)}
        </Link>
        <div className={styles.hint}>Import {id}</div>
      </td>
      <td className={own.status}>
        <div className={styles.stack}>
          <ImportBadges view={view} />
          {!isOver(view) && <ProgressBar percent={progress.percent} label={`Progress of import ${id}`} />}
          {delay !== null && <div className={styles.fault}>{delay.message}</div>}
        </div>
      </td>
      <td data-label="Series">{seriesId}</td>
      <Count label="Rows" count={counts.rows} />
      <Count label="Inserted" count={counts.inserted} />
      <Count label="Duplicates" count={counts.duplicates} />
      <Count label="Rejected" count={counts.rejected} isBad={counts.rejected > 0} />
      <td data-label="Uploaded" className={own.time}>
        <Time at={createdAt} />
      </td>
    </tr>
  )
}

interface CountProps {
  readonly label: string
  readonly count: number
  readonly isBad?: boolean
}

function Count({ label, count, isBad = false }: CountProps) {
  return (
    <td data-label={label} className={joinNames(styles.number, isBad && own.bad)}>
      {formatCount(count)}
    </td>
  )
}
