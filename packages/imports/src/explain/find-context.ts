import type { RowError, RowOutcome } from '@importer/contracts'
import {
  findEqualRedemption,
  findNamedCoupon,
  findNamedCustomer,
  findReference,
  findRedemptionOfRow,
  findRedemptionsOfCoupon,
  type FoundCoupon,
  type StandingRedemption,
} from '@importer/db'

import type { MappedRow } from '../rules/map-record.ts'
import type { RejectedRecordsSource } from '../reports/rejected-records.ts'

export interface RowContext {
  readonly redemptions: readonly StandingRedemption[]
  readonly series: object | null
  readonly coupon: FoundCoupon | null
}

interface ContextRow {
  readonly rowNumber: number
  readonly outcome: RowOutcome
  readonly errors: readonly RowError[]
  /** As it was mapped; null for a row that cannot be looked up. */
  readonly row: Readonly<MappedRow> | null
}

const MAX_REDEMPTIONS = 10
const NOTHING: RowContext = { redemptions: [], series: null, coupon: null }

/** What of the reference data and of earlier redemptions explains a row's outcome, as it stands now. */
export async function findContext(
  { database, importRecord }: RejectedRecordsSource,
  { rowNumber, outcome, errors, row }: ContextRow,
): Promise<RowContext> {
  if (row === null) return NOTHING
  const { orgId, seriesId, id: importId } = importRecord
  const coupon = await findNamedCoupon(
    database,
    orgId,
    seriesId,
    row.couponKey === 'couponId' ? { id: BigInt(row.coupon) } : { codeKey: row.coupon },
  )
  const reasons = new Set(errors.map(({ reason }) => reason))
  const showSeries = async (id: bigint): Promise<object | null> => {
    const series = await findReference(database, orgId, 'series', id)
    if (series === null) return null
    const { name, validFrom, validTill } = series
    return { id: Number(id), name, validFrom, validTill }
  }
  if (outcome === 'inserted') {
    return { ...NOTHING, coupon, redemptions: await findRedemptionOfRow(database, importId, rowNumber) }
  }
  if (coupon === null) return NOTHING
  if (outcome === 'duplicate') {
    const customerId = await findNamedCustomer(database, orgId, row.customerKey, row.customer)
    if (customerId === null) return { ...NOTHING, coupon }
    const redemption = {
      couponId: coupon.id,
      customerId,
      tillId: BigInt(row.till),
      redeemedAt: new Date(row.redeemedMs),
    }
    return { ...NOTHING, coupon, redemptions: await findEqualRedemption(database, orgId, redemption) }
  }
  if (reasons.has('coupon_already_redeemed') || reasons.has('redemption_limit_reached')) {
    const redemptions = await findRedemptionsOfCoupon(database, orgId, coupon.id, MAX_REDEMPTIONS)
    return { ...NOTHING, coupon, redemptions }
  }
  if (reasons.has('coupon_not_in_series')) return { ...NOTHING, coupon, series: await showSeries(coupon.seriesId) }
  if (reasons.has('series_not_active')) return { ...NOTHING, coupon, series: await showSeries(seriesId) }
  return { ...NOTHING, coupon }
}
