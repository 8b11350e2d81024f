import { RequestError } from '@importer/client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { z } from 'zod'

import { digits, useViewState } from '../../address/use-view-state.ts'
import { client, type AnswerOf } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CardTable, type Column } from '../../design/card-table.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Form, TextField } from '../../design/fields.tsx'
import { Page, Panel } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { RowLink } from '../../design/row-link.tsx'
import { Time } from '../../design/time.tsx'
import { formatNumber } from '../../format/numbers.ts'
import { Freshness } from '../../live/freshness.tsx'

const id = digits(16)
const viewState = z.object({
  couponId: id.optional(),
  couponCode: z.string().min(1).max(255).optional(),
  seriesId: id.optional(),
  before: digits(10).optional(),
})
type State = z.output<typeof viewState>

const COLUMNS: readonly Column<AnswerOf<'listRedemptions'>['items'][number]>[] = [
  { name: 'Redeemed', renderCell: ({ redeemedAt }) => <Time at={redeemedAt} /> },
  {
    name: 'Coupon',
    className: styles.value,
    renderCell: ({ couponCode, couponId, ordinal }) => (
      <>
        {couponCode}
        <div className={styles.hint}>
          id {couponId}, use {ordinal}
        </div>
      </>
    ),
  },
  { name: 'Till', renderCell: ({ tillId }) => tillId },
  { name: 'Customer', renderCell: ({ customerId }) => customerId },
  { name: 'Bill', className: styles.value, renderCell: ({ billNumber, billId }) => billNumber ?? billId ?? '–' },
  { name: 'From', renderCell: (redemption) => <RowLink {...redemption} /> },
]

/** Was this coupon used: when, where, by whom, from which file and row. */
export function RedemptionsView() {
  const [state, setState] = useViewState(viewState)
  const call = callOf(state)
  const query = useQuery({
    queryKey: ['redemptions', call],
    queryFn: async ({ signal }) => client.listRedemptions(call ?? {}, { signal }),
    enabled: call !== null,
    placeholderData: keepPreviousData,
  })
  const isMissing = query.error instanceof RequestError && query.error.status === 404
  return (
    <Page
      title="Redemptions"
      lead="Was this coupon used: when, where, by whom, and from which file."
      actions={<Freshness query={query} />}
    >
      <Panel title="Look a coupon up">
        <LookUp state={state} onLookUp={(change) => setState({ ...change, before: undefined })} />
      </Panel>
      {call !== null && (
        <Panel title={query.data === undefined ? 'Redemptions' : describeFound(query.data.items.length)}>
          {query.isPending && <Loading what="the redemptions" />}
          {isMissing && (
            <Empty title="There is no such coupon.">
              <p>Check the code and its series: a code is unique within a series only.</p>
            </Empty>
          )}
          {query.isError && !isMissing && <ErrorNote error={query.error} onRetry={query.refetch} />}
          {query.data?.items.length === 0 && !isMissing && (
            <Empty title="This coupon was not used.">
              <p>No redemption of it is recorded.</p>
            </Empty>
          )}
          {query.data !== undefined && query.data.items.length > 0 && (
            <CardTable
              label="Redemptions"
              rows={query.data.items}
              keyOf={({ importId, rowNumber }) => `${importId}/${rowNumber}`}
              columns={COLUMNS}
            />
          )}
          {query.data?.nextCursor !== undefined && query.data.nextCursor !== null && (
            <div>
              <Button onClick={() => setState({ before: query.data?.nextCursor ?? undefined })}>Older</Button>
            </div>
          )}
        </Panel>
      )}
      {call !== null && <CurlDisclosure command={makeCurl('listRedemptions', call)} />}
    </Page>
  )
}

function describeFound(count: number): string {
  return count === 0 ? 'Not used' : `Used: ${formatNumber(count, 'redemption')} on this page`
}

function callOf({ couponId, couponCode, seriesId, before }: State) {
  if (couponCode !== undefined && seriesId !== undefined) return { couponCode, seriesId, cursor: before }
  if (couponId !== undefined) return { couponId, cursor: before }
  return null
}

interface LookUpProps {
  readonly state: State
  readonly onLookUp: (change: Omit<State, 'before'>) => void
}

function LookUp({ state, onLookUp }: LookUpProps) {
  const [code, setCode] = useState(state.couponCode ?? '')
  const [seriesId, setSeriesId] = useState(state.seriesId ?? '')
  const [couponId, setCouponId] = useState(state.couponId ?? '')
  const byCode = code.trim() !== ''
  return (
    <Form
      onSubmit={() => {
        onLookUp(
          byCode
            ? { couponCode: code.trim(), seriesId: seriesId.trim(), couponId: undefined }
            : { couponCode: undefined, seriesId: undefined, couponId: couponId.trim() },
        )
      }}
    >
      <div className={styles.fields}>
        <TextField label="Coupon code" type="search" maxLength={255} value={code} onText={setCode} />
        <TextField
          label="Series id"
          inputMode="numeric"
          pattern="\d{1,16}"
          required={byCode}
          value={seriesId}
          onText={setSeriesId}
        />
        <TextField
          label="or coupon id"
          inputMode="numeric"
          pattern="\d{1,16}"
          required={!byCode}
          disabled={byCode}
          value={couponId}
          onText={setCouponId}
        />
      </div>
      <div>
        <Button type="submit" look="primary">
          Look up
        </Button>
      </div>
    </Form>
  )
}
