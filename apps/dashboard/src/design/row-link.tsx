import { Link } from 'wouter'

import { formatCount } from '../format/numbers.ts'
import { showFileName } from '../format/words.ts'
import styles from './design.module.css'

interface RowLinkProps {
  readonly importId: number
  readonly fileName: string
  readonly rowNumber: number
}

/** Which row of which file a redemption comes from, explained where it leads. */
export function RowLink({ importId, fileName, rowNumber }: RowLinkProps) {
  return (
    <Link href={`/imports/${importId}/rows/${rowNumber}`} className={styles.value}>
      {showFileName(fileName)}, row {formatCount(rowNumber)}
    </Link>
  )
}
