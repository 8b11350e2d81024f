import { COLUMNS, OPTIONAL_KEYS } from '@importer/contracts'

/** Those that are stored as the file has them. */
const OPTIONAL_COLUMNS = OPTIONAL_KEYS.map((key) => `, ${COLUMNS[key].sqlColumn}`).join('')

/** Where a strategy inserts its rows. */
export interface RedemptionTarget {
  readonly table: string
  /** Its columns, in the order in which all strategies insert them. */
  readonly columns: string
  /** Begins with a comma, as its values come after the ordinal; empty where they are not stored. */
  readonly optionalColumns: string
}

/** A dry run's rows are there to be looked up, and no look-up asks for the optional columns: they are not stored. */
export function targetOf(dryRun: boolean): RedemptionTarget {
  const optionalColumns = dryRun ? '' : OPTIONAL_COLUMNS
  return {
    table: dryRun ? 'dry_redemption' : 'redemption',
    columns: `coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal${optionalColumns}, repeatable`,
    optionalColumns,
  }
}

/** What redemption_identity_key holds: a look-up has to say it for the index to be of use. */
export const IN_IDENTITY_KEY = '(r.ordinal IS NULL OR r.ordinal > 1 OR r.repeatable)'

/** All others, of which a coupon has one at most: a look-up by redemption_ordinal_key. */
export const NOT_IN_IDENTITY_KEY = '(r.ordinal = 1 AND NOT r.repeatable)'
