/** The columns of a redemption in the order in which both judges insert them. */
export const INSERT_COLUMNS =
  'coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, bill_id, bill_number, details'

/** Redemptions up to this ordinal are looked through one by one; later ones have redemption_repeat_key. */
export const LOOKED_THROUGH = 16
