import { RequestError } from '@importer/client'
import { COLUMN_KEYS, ROW_ERROR_CODES } from '@importer/contracts'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Link } from 'wouter'
import { z } from 'zod'

import { useViewState } from '../../address/use-view-state.ts'
import { client, type ImportView as View } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { ButtonLink } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Facts, Page, Panel } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading, Note } from '../../design/notes.tsx'
import { ImportBadges } from '../../design/status-badge.tsx'
import { Time } from '../../design/time.tsx'
import { formatBytes, formatCount, formatNumber } from '../../format/numbers.ts'
import { beginSentence, DELIMITER_WORDS, isOver, showFileName } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useInterval } from '../../live/live-updates.tsx'
import { useSession } from '../../session/session.tsx'
import { CorrectionsPanel } from './corrections-panel.tsx'
import { Deliveries } from './deliveries.tsx'
import { Downloads } from './downloads.tsx'
import { ErrorGroups } from './error-groups.tsx'
import { FindRow } from './find-row.tsx'
import { ImportActions } from './import-actions.tsx'
import own from './import.module.css'
import { ProgressPanel } from './progress-panel.tsx'
import { RejectedRows } from './rejected-rows.tsx'
import { Timeline, useExpiry } from './timeline.tsx'

const OutcomeChart = lazy(async () =>
  import('./outcome-chart.tsx').then((module) => ({ default: module.OutcomeChart })),
)

const POLL_MS = 1_000
/** Of an import that is over: it may be reverted, or retried, by somebody else. */
const POLL_OVER_MS = 5_000

const viewState = z.object({
  by: z.enum(['code', 'value']).default('code'),
  code: z.enum(ROW_ERROR_CODES).optional(),
  column: z.enum(COLUMN_KEYS).optional(),
  value: z.string().max(1_000).optional(),
  fromRow: z
    .string()
    .regex(/^[1-9]\d{0,9}$/)
    .optional(),
})

/** One import: where it stands, what is wrong, and what can be done. */
export function ImportView({ importId }: { readonly importId: string }) {
  const live = useInterval(POLL_MS)
  const query = useQuery({
    queryKey: ['import', importId],
    queryFn: async ({ signal }) => client.showImport({ importId }, { signal }),
    refetchInterval: ({ state }) =>
      live !== false && state.data !== undefined && isOver(state.data) ? POLL_OVER_MS : live,
  })
  const view = query.data
  if (view !== undefined) return <Shown view={view} freshness={<Freshness query={query} />} />
  const isMissing = query.error instanceof RequestError && [400, 404].includes(query.error.status ?? 0)
  return (
    <Page title={`Import ${importId}`}>
      {query.isPending && <Loading what="the import" />}
      {query.isError && !isMissing && <ErrorNote error={query.error} onRetry={query.refetch} />}
      {isMissing && (
        <Empty title="There is no such import.">
          <ButtonLink href="/imports">All imports</ButtonLink>
        </Empty>
      )}
    </Page>
  )
}

function Shown({ view, freshness }: { readonly view: View; readonly freshness: React.ReactNode }) {
  const { may } = useSession()
  const [state, setState] = useViewState(viewState)
  const importId = String(view.id)
  const expiredAt = useExpiry(view)
  const mayCorrect = may('write') && isOver(view) && view.status !== 'reverted' && expiredAt === null
  return (
    <Page
      title={showFileName(view.fileName)}
      lead={
        <span className={styles.row}>
          <span>
            Import {view.id} into series {view.seriesId}
          </span>
          <ImportBadges view={view} />
          {freshness}
        </span>
      }
      actions={may('write') && <ImportActions view={view} isExpired={expiredAt !== null} />}
    >
      <Notices view={view} />
      <ProgressPanel view={view} />
      <Suspense fallback={null}>
        <OutcomeChart view={view} />
      </Suspense>
      {view.counts.rejected > 0 && expiredAt === null && (
        <>
          <ErrorGroups
            view={view}
            by={state.by}
            onBy={(by) => setState({ by })}
            mayCorrect={mayCorrect}
            onShow={({ code, column, value }) => {
              setState({
                code: code as typeof state.code,
                column: column as typeof state.column,
                value,
                fromRow: undefined,
              })
            }}
          />
          {mayCorrect && <CorrectionsPanel view={view} />}
          <RejectedRows
            view={view}
            filter={{ code: state.code, column: state.column, value: state.value, fromRow: state.fromRow }}
            onFilter={(change, options) => setState(change as Partial<typeof state>, options)}
            mayCorrect={mayCorrect}
          />
        </>
      )}
      <div className={own.columns}>
        <Downloads view={view} expiredAt={expiredAt} />
        {view.counts.rows > 0 && expiredAt === null && <FindRow importId={importId} />}
        <Timeline view={view} expiredAt={expiredAt} />
        <Panel title="About this import">
          <About view={view} />
        </Panel>
      </div>
      {may('admin') && <Deliveries view={view} />}
      <CurlDisclosure command={makeCurl('showImport', { importId })} />
    </Page>
  )
}

function Notices({ view }: { readonly view: View }) {
  const corrected = view.corrections?.length ?? 0
  return (
    <>
      {view.failure !== null && (
        <Note tone="bad">
          <p>
            <strong>This import failed.</strong>{' '}
            <span className={styles.value}>{beginSentence(view.failure.message)}</span>
          </p>
        </Note>
      )}
      {view.delay !== null && (
        <Note tone="warn">
          <p>{view.delay.message}</p>
        </Note>
      )}
      {view.dryRun && isOver(view) && (
        <Note>
          <p>This was a check: nothing is recorded. The counts are what an import would have come to.</p>
        </Note>
      )}
      {view.retriedAs !== null && (
        <Note>
          <p>
            Its rejected rows were sent again as{' '}
            <Link href={`/imports/${view.retriedAs}`}>import {view.retriedAs}</Link>.
          </p>
        </Note>
      )}
      {view.retryOf !== null && (
        <Note>
          <p>
            These are the rejected rows of <Link href={`/imports/${view.retryOf}`}>import {view.retryOf}</Link>
            {corrected > 0 && `, with ${formatNumber(corrected, 'correction')}`}.
          </p>
        </Note>
      )}
      {view.status === 'completed' && view.counts.rows === 0 && (
        <Note>
          <p>The file has no data rows.</p>
        </Note>
      )}
      {view.status === 'completed' && view.outcome === 'success' && view.counts.rows > 0 && (
        <Note tone="good">
          <p>
            {view.dryRun ? 'Every row is good' : 'Every row is in'}: {formatCount(view.counts.inserted)}{' '}
            {view.dryRun ? 'would be inserted' : 'inserted'}
            {view.counts.duplicates > 0 && `, ${formatCount(view.counts.duplicates)} recorded before`}.
          </p>
        </Note>
      )}
    </>
  )
}

function About({ view }: { readonly view: View }) {
  return (
    <Facts
      facts={[
        { name: 'Uploaded', value: <Time at={view.createdAt} /> },
        { name: 'Started', value: view.startedAt === null ? '–' : <Time at={view.startedAt} /> },
        { name: 'Ended', value: view.finishedAt === null ? '–' : <Time at={view.finishedAt} /> },
        { name: 'Size', value: formatBytes(view.bytes) },
        { name: 'Header', value: view.headerRow === null ? 'not looked at yet' : view.headerRow ? 'yes' : 'none' },
        {
          name: 'Delimiter',
          value: view.delimiter === null ? '–' : (DELIMITER_WORDS[view.delimiter] ?? view.delimiter),
        },
        ...(view.profile === null
          ? []
          : [{ name: 'Profile', value: `${view.profile.name}, version ${view.profile.version}` }]),
        { name: 'Starts', value: formatCount(view.attempts) },
        ...(view.details === null
          ? []
          : [{ name: 'Details', value: <span className={styles.value}>{view.details}</span> }]),
        ...(view.metadata === null
          ? []
          : [{ name: 'Metadata', value: <code className={styles.value}>{JSON.stringify(view.metadata)}</code> }]),
        { name: 'Name in the API', value: <span className={styles.value}>{view.fileName}</span> },
        { name: 'SHA-256', value: <code>{view.sha256}</code> },
      ]}
    />
  )
}
