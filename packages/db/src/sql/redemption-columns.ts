import { COLUMNS, OPTIONAL_KEYS } from '@importer/contracts'

/** Those that are stored as the file has them. */
export const OPTIONAL_COLUMNS = OPTIONAL_KEYS.map((key) => COLUMNS[key].sqlColumn).join(', ')

/** The columns of a redemption in the order in which all strategies insert them. */
export const INSERT_COLUMNS = `coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, ${OPTIONAL_COLUMNS}, repeatable`

/** What redemption_identity_key holds: a look-up has to say it for the index to be of use. */
export const IN_IDENTITY_KEY = '(r.ordinal IS NULL OR r.ordinal > 1 OR r.repeatable)'
