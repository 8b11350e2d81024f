import { REFERENCE_KINDS, type ReferenceKind } from '@importer/contracts'
import { useQueries } from '@tanstack/react-query'
import { z } from 'zod'

import { digits, useViewState } from '../../address/use-view-state.ts'
import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import { ChoiceField } from '../../design/fields.tsx'
import { Figures, Page, Panel } from '../../design/layout.tsx'
import { ErrorNote, Loading } from '../../design/notes.tsx'
import { formatCount } from '../../format/numbers.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useSession } from '../../session/session.tsx'
import { ReferenceItem } from './reference-item.tsx'
import { ReferenceUpload } from './reference-upload.tsx'

const viewState = z.object({
  kind: z.enum(REFERENCE_KINDS).default('series'),
  id: digits(16).optional(),
})

const WORDS: Readonly<Record<ReferenceKind, string>> = {
  series: 'coupon series',
  coupons: 'coupons',
  customers: 'customers',
  tills: 'tills',
}

/** What rows are checked against: how much there is, one of it, and more of it. */
export function ReferenceView() {
  const { may } = useSession()
  const [{ kind, id }, setState] = useViewState(viewState)
  const counts = useQueries({
    queries: REFERENCE_KINDS.map((one) => ({
      queryKey: ['reference-count', one],
      queryFn: async ({ signal }: { signal: AbortSignal }) => client.countReference({ kind: one }, { signal }),
    })),
  })
  const failed = counts.find(({ isError }) => isError)
  const [first] = counts
  return (
    <Page
      title="Reference data"
      lead="The series, coupons, customers and tills that every row is checked against."
      actions={first !== undefined && <Freshness query={first} />}
    >
      <Panel title="What there is">
        {counts.some(({ isPending }) => isPending) && <Loading what="the counts" />}
        {failed !== undefined && <ErrorNote error={failed.error} onRetry={failed.refetch} />}
        {counts.every(({ data }) => data !== undefined) && (
          <Figures
            figures={REFERENCE_KINDS.map((one, index) => ({
              value: formatCount(counts[index]?.data?.count ?? 0),
              label: WORDS[one],
            }))}
          />
        )}
      </Panel>
      <Panel title="Kind">
        <ChoiceField
          label="Reference data of the kind"
          value={kind}
          onChoice={(choice) => setState({ kind: choice as ReferenceKind, id: undefined })}
          choices={REFERENCE_KINDS.map((one) => ({ value: one, text: WORDS[one] }))}
        />
      </Panel>
      <ReferenceItem key={`item/${kind}`} kind={kind} id={id} onLookUp={(found) => setState({ id: found })} />
      {may('write') && <ReferenceUpload key={`upload/${kind}`} kind={kind} words={WORDS[kind]} />}
      <CurlDisclosure command={makeCurl('countReference', { kind })} />
    </Page>
  )
}
