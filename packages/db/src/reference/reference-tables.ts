import type { ReferenceKind } from '@importer/contracts'

export interface ReferenceColumn {
  /** The table's column. */
  readonly column: string
  readonly type: 'bigint' | 'int' | 'text' | 'boolean' | 'timestamptz'
  /** A new row cannot be made without it. */
  readonly required?: true
}

export interface ReferenceTable {
  readonly table: string
  readonly columns: Readonly<Record<string, ReferenceColumn>>
  /** Unique among an organization's rows beside the id: the CSV columns of each key. */
  readonly uniqueKeys: readonly (readonly string[])[]
  /** What follows from other columns when a row is made or changed: table column → expression of `excluded`. */
  readonly derived: readonly {
    readonly from: string
    readonly column: string
    readonly insert: string
    readonly update: string
  }[]
}

/** How the columns of each kind's CSV are stored. */
export const REFERENCE_TABLES: Readonly<Record<ReferenceKind, ReferenceTable>> = {
  series: {
    table: 'series',
    columns: {
      name: { column: 'name', type: 'text' },
      maxRedemptionsPerCoupon: { column: 'max_redemptions_per_coupon', type: 'int' },
      validFrom: { column: 'valid_from', type: 'timestamptz' },
      validTill: { column: 'valid_till', type: 'timestamptz' },
    },
    uniqueKeys: [],
    derived: [
      {
        from: 'maxRedemptionsPerCoupon',
        column: 'single_use',
        insert: 'coalesce(i.max_redemptions_per_coupon = 1, false)',
        update: 'series.single_use AND coalesce(excluded.max_redemptions_per_coupon = 1, false)',
      },
    ],
  },
  coupons: {
    table: 'coupon',
    columns: {
      seriesId: { column: 'series_id', type: 'bigint', required: true },
      code: { column: 'code', type: 'text', required: true },
      customerId: { column: 'customer_id', type: 'bigint' },
      status: { column: 'revoked', type: 'boolean' },
      expiresAt: { column: 'expires_at', type: 'timestamptz' },
    },
    uniqueKeys: [['seriesId', 'code']],
    derived: [{ from: 'code', column: 'code_key', insert: 'i.code_key', update: 'excluded.code_key' }],
  },
  customers: {
    table: 'customer',
    columns: {
      mobile: { column: 'mobile', type: 'text' },
      email: { column: 'email', type: 'text' },
      externalId: { column: 'external_id', type: 'text' },
    },
    uniqueKeys: [['mobile'], ['email'], ['externalId']],
    derived: [],
  },
  tills: {
    table: 'till',
    columns: { name: { column: 'name', type: 'text' } },
    uniqueKeys: [],
    derived: [],
  },
}
