import { RequestError } from '@importer/client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { z } from 'zod'

import { useViewState } from '../../address/use-view-state.ts'
import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { TextField } from '../../design/fields.tsx'
import { Page, Panel, Scroll } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { showFileName } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'

const id = z.string().regex(/^\d{1,16}$/)
const viewState = z.object({
  couponId: id.optional(),
  couponCode: z.string().min(1).max(255).optional(),
  seriesId: id.optional(),
  before: z
    .string()
    .regex(/^\d{1,10}$/)
    .optional(),
})
type State = z.output<typeof viewState>

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
            <Scroll label="Redemptions">
              <table className={styles.cards}>
                <thead>
                  <tr>
                    <th scope="col">Redeemed</th>
                    <th scope="col">Coupon</th>
                    <th scope="col">Till</th>
                    <th scope="col">Customer</th>
                    <th scope="col">Bill</th>
                    <th scope="col">From</th>
                  </tr>
                </thead>
                <tbody>
                  {query.data.items.map((one) => (
                    <tr key={`${one.importId}/${one.rowNumber}`}>
                      <td data-label="Redeemed">
                        <Time at={one.redeemedAt} />
                      </td>
                      <td data-label="Coupon" className={styles.value}>
                        {one.couponCode}
                        <div className={styles.hint}>
                          id {one.couponId}, use {one.ordinal}
                        </div>
                      </td>
                      <td data-label="Till">{one.tillId}</td>
                      <td data-label="Customer">{one.customerId}</td>
                      <td data-label="Bill" className={styles.value}>
                        {one.billNumber ?? one.billId ?? '–'}
                      </td>
                      <td data-label="From">
                        <Link href={`/imports/${one.importId}/rows/${one.rowNumber}`} className={styles.value}>
                          {showFileName(one.fileName)}, row {formatCount(one.rowNumber)}
                        </Link>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
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
  const cursor = before === undefined ? {} : { cursor: before }
  if (couponCode !== undefined && seriesId !== undefined) return { couponCode, seriesId, ...cursor }
  if (couponId !== undefined) return { couponId, ...cursor }
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
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault()
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
    </form>
  )
}
