import { wordOutcome, wordStatus } from '../format/words.ts'
import styles from './design.module.css'
import { Badge } from './notes.tsx'
import type { ImportView } from '../api/client.ts'

/** Where an import stands, what it came to, and that nothing is inserted where that is so. */
export function ImportBadges({ view }: { readonly view: Pick<ImportView, 'status' | 'outcome' | 'dryRun'> }) {
  const status = wordStatus(view.status)
  const outcome = wordOutcome(view)
  return (
    <span className={styles.row}>
      <Badge tone={outcome?.tone ?? status.tone}>{status.text}</Badge>
      {outcome !== null && <Badge tone={outcome.tone}>{outcome.text}</Badge>}
      {view.dryRun && <Badge>Check only</Badge>}
    </span>
  )
}
