import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'

import { client, type AnswerOf, type ImportView } from '../../api/client.ts'
import { ButtonLink } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Figures, Page, Panel } from '../../design/layout.tsx'
import { Awaited, Badge, Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { formatDuration } from '../../format/times.ts'
import { showFileName, type Tone } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useInterval } from '../../live/live-updates.tsx'
import { useSession } from '../../session/session.tsx'
import { ProgressBar } from '../imports/progress-bar.tsx'
import own from './start.module.css'

const POLL_MS = 2_000
const POLL_SLOWLY_MS = 15_000
const MOST = 8
const MOST_OF_DAY = 1_000
const DAY_MS = 86_400_000

/** What needs somebody first, then what runs, then the last day. */
export function StartView() {
  const { may } = useSession()
  const running = useRunning()
  return (
    <Page
      title="Start"
      lead="What needs somebody, what runs, and what the last day brought."
      actions={
        <>
          <Freshness query={running} />
          {may('write') && (
            <ButtonLink href="/imports/new" look="primary">
              New import
            </ButtonLink>
          )}
        </>
      }
    >
      <Attention running={running} />
      <Panel title="Running now">
        <Awaited what="what runs" query={running} />
        {running.data?.views.length === 0 && <p className={styles.quiet}>Nothing runs, and nothing waits.</p>}
        {running.data?.views.map((view) => (
          <RunningImport key={view.id} view={view} />
        ))}
      </Panel>
      <LastDay />
    </Page>
  )
}

function useRunning() {
  return useQuery({
    queryKey: ['imports', 'running'],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        (['processing', 'queued'] as const).map(async (status) =>
          client.listImports({ status, limit: 20 }, { signal }),
        ),
      )
      return {
        views: pages.flatMap(({ items }) => items),
        isWhole: pages.every(({ nextCursor }) => nextCursor === null),
      }
    },
    refetchInterval: useInterval(POLL_MS),
  })
}

function RunningImport({ view }: { readonly view: ImportView }) {
  const { etaSeconds, percent } = view.progress
  return (
    <div className={own.running}>
      <div className={own.runningHead}>
        <Link href={`/imports/${view.id}`} className={styles.value}>
          {showFileName(view.fileName)}
        </Link>
        <span className={styles.quiet}>
          {view.status === 'queued' ? 'waits for a worker' : `${percent} %, ${formatCount(view.counts.rows)} rows`}
          {etaSeconds !== null && view.status === 'processing' && `, about ${formatDuration(etaSeconds * 1_000)} left`}
        </span>
      </div>
      <ProgressBar percent={percent} label={`Progress of import ${view.id}`} />
    </div>
  )
}

interface Item {
  readonly key: string
  readonly href: string
  readonly title: string
  readonly text: string
  readonly label: string
  readonly tone: Tone
  readonly at?: string
}

/**
 * Failed, with rejected rows that nobody sent again, waiting long, webhooks that are disabled. That nothing needs somebody is
 * said only where every list of these was loaded, and to its end.
 */
function Attention({ running }: { readonly running: ReturnType<typeof useRunning> }) {
  const { may } = useSession()
  const interval = useInterval(POLL_SLOWLY_MS)
  const isAdmin = may('admin')
  const lists = useQueries({
    queries: [{ status: 'failed' }, { outcome: 'partial' }, { outcome: 'failure' }].map((filter) => ({
      queryKey: ['imports', 'attention', filter],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        client.listImports({ ...(filter as { status?: 'failed'; outcome?: 'partial' }), limit: 20 }, { signal }),
      refetchInterval: interval,
    })),
  })
  const endpoints = useQuery({
    queryKey: ['endpoints'],
    queryFn: async ({ signal }) => client.listWebhookEndpoints({ limit: 200 }, { signal }),
    enabled: isAdmin,
    refetchInterval: interval,
  })
  const looked = [running, ...lists, ...(isAdmin ? [endpoints] : [])]
  const failed = [...lists, ...(isAdmin ? [endpoints] : [])].find(({ isError }) => isError)
  const isKnown = looked.every(({ data, isError }) => data !== undefined && !isError)
  const isWhole =
    running.data?.isWhole === true &&
    [...lists.map(({ data }) => data), ...(isAdmin ? [endpoints.data] : [])].every((data) => data?.nextCursor === null)
  const views = lists
    .flatMap(({ data }) => data?.items ?? [])
    .filter(({ retriedAs, dryRun }) => retriedAs === null && !dryRun)
    .sort((one, other) => other.id - one.id)
  const items = [
    ...(running.data?.views ?? []).filter(({ delay }) => delay !== null).map(describeDelayed),
    ...(endpoints.data?.items ?? []).filter(({ status }) => status === 'disabled').map(describeEndpoint),
    ...views.slice(0, MOST).map(describeImport),
  ]
  return (
    <Panel title="Needs somebody">
      {looked.some(({ isPending }) => isPending) && <Loading what="what needs somebody" />}
      {failed !== undefined && <ErrorNote error={failed.error} onRetry={failed.refetch} />}
      {items.length === 0 && isKnown && !isWhole && (
        <p className={styles.quiet}>
          Nothing among the newest imports. There are older ones that were not looked at here.
        </p>
      )}
      {items.length === 0 && isKnown && isWhole && (
        <Empty title="Nothing needs you.">
          <p>No import failed, and no rejected rows wait to be put right.</p>
        </Empty>
      )}
      {items.length > 0 && (
        <ul className={own.items}>
          {items.map(({ key, href, title, text, label, tone, at }) => (
            <li key={key} className={own.item}>
              <Badge tone={tone}>{label}</Badge>
              <div className={own.itemText}>
                <Link href={href} className={styles.value}>
                  {title}
                </Link>
                <div className={styles.quiet}>
                  <span className={styles.value}>{text}</span>
                  {at !== undefined && (
                    <>
                      {' · '}
                      <Time at={at} />
                    </>
                  )}
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
      {(views.length > MOST || (isKnown && !isWhole)) && (
        <div className={styles.row}>
          <Link href="/imports?outcome=partial">All with rejected rows</Link>
          <Link href="/imports?outcome=failure">All with every row rejected</Link>
          <Link href="/imports?status=failed">All that failed</Link>
        </div>
      )}
    </Panel>
  )
}

function describeImport(view: ImportView): Item {
  const { id, fileName, status, failure, counts, createdAt } = view
  const common = { key: `import-${id}`, href: `/imports/${id}`, title: showFileName(fileName), at: createdAt }
  if (status === 'failed') {
    return { ...common, label: 'Failed', tone: 'bad', text: failure?.message ?? 'It failed.' }
  }
  const isNothingIn = counts.inserted + counts.duplicates === 0
  return {
    ...common,
    label: isNothingIn ? 'Every row rejected' : 'Rejected rows',
    tone: isNothingIn ? 'bad' : 'warn',
    text: `${formatCount(counts.rejected)} of ${formatNumber(counts.rows, 'row')} rejected`,
  }
}

function describeDelayed({ id, fileName, delay, createdAt }: ImportView): Item {
  return {
    key: `delay-${id}`,
    href: `/imports/${id}`,
    title: showFileName(fileName),
    label: 'Waits',
    tone: 'warn',
    text: delay?.message ?? '',
    at: createdAt,
  }
}

function describeEndpoint({ id, url, disabledReason }: AnswerOf<'listWebhookEndpoints'>['items'][number]): Item {
  return {
    key: `endpoint-${id}`,
    href: `/webhooks?endpointId=${id}`,
    title: url,
    label: 'Webhook disabled',
    tone: disabledReason === 'MANUAL' ? 'quiet' : 'bad',
    text: disabledReason === 'MANUAL' ? 'Disabled by hand.' : 'It is notified of nothing until it is enabled again.',
  }
}

function LastDay() {
  const query = useQuery({
    queryKey: ['imports', 'last-day'],
    queryFn: async ({ signal }) => {
      const createdFrom = new Date(Date.now() - DAY_MS).toISOString()
      return client.listImports({ createdFrom, limit: MOST_OF_DAY }, { signal })
    },
    refetchInterval: useInterval(POLL_SLOWLY_MS),
  })
  const imports = query.data?.items.filter(({ dryRun }) => !dryRun) ?? []
  const sum = (part: keyof ImportView['counts']): number =>
    imports.reduce((total, { counts }) => total + counts[part], 0)
  return (
    <Panel title="The last 24 hours">
      <Awaited what="the last day" query={query} />
      {query.data !== undefined && (
        <Figures
          figures={[
            { value: `${formatCount(imports.length)}${query.data.nextCursor === null ? '' : '+'}`, label: 'imports' },
            { value: formatCount(sum('rows')), label: 'rows' },
            { value: formatCount(sum('inserted')), label: 'inserted', tone: 'good' },
            { value: formatCount(sum('duplicates')), label: 'duplicates' },
            { value: formatCount(sum('rejected')), label: 'rejected', tone: sum('rejected') > 0 ? 'bad' : undefined },
          ]}
        />
      )}
    </Panel>
  )
}
