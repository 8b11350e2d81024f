import styles from '../../design/design.module.css'
import { Figures, Panel } from '../../design/layout.tsx'
import { formatCount, formatNumber, formatShare } from '../../format/numbers.ts'
import { formatDuration } from '../../format/times.ts'
import { isOver } from '../../format/words.ts'
import { ProgressBar } from '../imports/progress-bar.tsx'
import own from './import.module.css'
import type { ImportView } from '../../api/client.ts'

/** How far it is, how fast, and what became of the rows so far. */
export function ProgressPanel({ view }: { readonly view: ImportView }) {
  const { counts, progress, status } = view
  const running = !isOver(view)
  return (
    <Panel title={running ? 'Progress' : 'Result'}>
      <div className={own.progress}>
        <div className={own.big}>
          <span className={own.percent}>{progress.percent} %</span>
          <span className={styles.quiet}>{describePace(view)}</span>
        </div>
        <ProgressBar percent={progress.percent} label="Progress" text={`${progress.percent} %, ${status}`} />
      </div>
      <Figures
        figures={[
          { value: formatCount(counts.rows), label: running ? 'rows so far' : 'rows' },
          { value: formatCount(counts.inserted), label: view.dryRun ? 'would be inserted' : 'inserted', tone: 'good' },
          { value: formatCount(counts.duplicates), label: 'duplicates, recorded before' },
          {
            value: formatCount(counts.rejected),
            label: `rejected, ${formatShare(counts.rejected, counts.rows)}`,
            tone: counts.rejected > 0 ? 'bad' : undefined,
          },
        ]}
      />
      {counts.rows > 0 && (
        <div className={own.share} aria-hidden="true">
          {(['inserted', 'duplicates', 'rejected'] as const).map((part) => (
            <span key={part} data-part={part} style={{ flexGrow: counts[part] }} />
          ))}
        </div>
      )}
    </Panel>
  )
}

function describePace({ status, progress, startedAt, finishedAt }: ImportView): string {
  if (status === 'queued') return 'waits for a worker'
  const { rowsPerSecond, etaSeconds } = progress
  // Why it does not go on stands above it.
  if (rowsPerSecond === null) return ''
  const rate = `${formatNumber(rowsPerSecond, 'row')} per second`
  if (status === 'processing') {
    return etaSeconds === null ? rate : `${rate}, about ${formatDuration(etaSeconds * 1_000)} left`
  }
  if (startedAt === null || finishedAt === null) return ''
  const took = Date.parse(finishedAt) - Date.parse(startedAt)
  return `took ${formatDuration(took)}, ${rate}`
}
