/**
 * Every rule by which a row is rejected: its code, the reasons that have it, and what to do. Stored errors, messages, views,
 * the page, the command line and docs/errors.md (`npm run docs:errors`) follow from this table.
 */

/** What a person has to know about an error beside its message. */
export interface Advice {
  /** Why it usually happens. */
  readonly cause: string
  readonly remedy: string
}

/**
 * Who finds that a row breaks a rule, and so where the rule's condition is: `reader` in packages/csv and `map-record.ts`,
 * `syntax` in `syntax-rules.ts` and `date` in `dates/date-reader.ts` of packages/imports, `lookup` and `rule` in
 * `sql/resolution-rules.ts` of packages/db, `limit` in its strategies. A reason of `syntax`, `date`, `rule` or `limit` for which
 * there is no condition does not compile.
 */
type RuleFinder = 'reader' | 'syntax' | 'date' | 'lookup' | 'rule' | 'limit'

/** What exactly was wrong, where one code covers several faults. */
interface ReasonEntry {
  /** How it is stored: 0 to 15 within its code, never change or reuse one. */
  readonly index: number
  /** Gets the column's key, the cell's text, and what dates were expected. */
  readonly message: (field: string, value: string, dates: string) => string
}

interface RowRule extends Advice {
  /** How the code is stored: never change or reuse one. */
  readonly index: number
  /** That of the documented API. */
  readonly number: number
  readonly foundBy: RuleFinder
  /** The error without a value, as a heading; `{column}` stands for the key of the column. */
  readonly title: string
  /** The value may show by itself why it is wrong (find-likely-cause.ts). */
  readonly valueMayShowCause?: true
  readonly reasons: Readonly<Record<string, ReasonEntry>>
}

/** By code, the names of which are stable. Rules found by `rule` apply in this order: a row has the first that it breaks. */
export const ROW_RULES = {
  MISSING_VALUE: {
    index: 1,
    number: 629,
    foundBy: 'syntax',
    title: '{column} is empty',
    cause: 'The till did not record the value, or the column was mapped to the wrong place.',
    remedy: 'Fill in the cell, or map the column that holds the value. Leave the row out if it is a total or a note.',
    reasons: {
      value_missing: { index: 0, message: (f) => `${f} is empty, expected a value` },
      customer_missing: {
        index: 1,
        message: (f) => `${f} is empty, and so is every other customer identifier, expected one of them`,
      },
      coupon_missing: {
        index: 2,
        message: (f) => `${f} is empty, and so is every other coupon identifier, expected one of them`,
      },
    },
  },
  INVALID_DATE: {
    index: 2,
    number: 739,
    foundBy: 'date',
    title: '{column} is not a date that can be read',
    cause: 'The file writes dates in another format, a spreadsheet changed them, or the clock of the till was wrong.',
    remedy: 'Upload the file with the `dateFormat` and `timeZone` that it uses, or correct the cell.',
    valueMayShowCause: true,
    reasons: {
      date_not_millis: {
        index: 0,
        message: (f, v, dates) => `${f} ${v} is no date of the expected format, expected ${dates}`,
      },
      date_in_seconds: {
        index: 1,
        message: (f, v, dates) => `${f} ${v} is before the year 2000, expected ${dates}`,
      },
      date_too_early: {
        index: 2,
        message: (f, v, dates) => `${f} ${v} is before the year 2000, expected ${dates}`,
      },
      date_in_future: {
        index: 3,
        message: (f, v) => `${f} ${v} is more than a day after the upload, expected a date in the past`,
      },
      date_not_existing: {
        index: 4,
        message: (f, v) =>
          `${f} ${v} is a time that does not exist where the file is from, because clocks were put forward over it, expected one that clocks have shown`,
      },
      date_without_offset: {
        index: 5,
        message: (f, v) =>
          `${f} ${v} does not say its offset from UTC, expected one such as Z or +05:30, or the field timeZone with the upload`,
      },
      date_not_in_calendar: {
        index: 6,
        message: (f, v, dates) => `${f} ${v} is no day or time that there is, expected ${dates}`,
      },
    },
  },
  INVALID_NUMBER: {
    index: 3,
    number: 629,
    foundBy: 'syntax',
    title: '{column} is not a whole number',
    cause: 'The column holds a name or a code, or a spreadsheet shortened or formatted the number.',
    remedy: 'Write the whole number without separators, or map the column that holds the id.',
    valueMayShowCause: true,
    reasons: {
      not_a_number: { index: 0, message: (f, v) => `${f} ${v} is no id, expected a whole number` },
    },
  },
  VALUE_TOO_LONG: {
    index: 4,
    number: 629,
    foundBy: 'syntax',
    title: '{column} is too long',
    cause: 'A quote that was not closed joined several lines, or notes were put into the wrong column.',
    remedy: 'Shorten the text, or map the column that holds the value.',
    reasons: {
      over_255: {
        index: 0,
        message: (f, v) => `${f} ${v} is too long, expected at most 255 characters`,
      },
      over_1000: {
        index: 1,
        message: (f, v) => `${f} ${v} is too long, expected at most 1000 characters`,
      },
    },
  },
  MALFORMED_ROW: {
    index: 5,
    number: 629,
    foundBy: 'reader',
    title: 'The record cannot be split into cells',
    cause: 'A quote is opened and not closed, text stands behind a closing quote, or the record ends too early.',
    remedy: 'Write a quote inside a quoted cell twice, close every quote, and give the record all its columns.',
    reasons: {
      quote_not_closed: {
        index: 0,
        message: () => 'a cell opens with a quote that is never closed, expected a closing quote',
      },
      text_after_quote: {
        index: 1,
        message: () =>
          'a closing quote is followed by text, expected a delimiter or the end of the line (a quote inside a quoted cell is doubled)',
      },
      record_too_long: {
        index: 2,
        message: () => 'the record is longer than 1 MiB, expected a shorter one',
      },
      column_missing: {
        index: 3,
        message: (f) => `the record ends before the column ${f}, expected every mandatory column`,
      },
    },
  },
  INVALID_ENCODING: {
    index: 6,
    number: 629,
    foundBy: 'reader',
    title: 'The record is not in the encoding of the file',
    cause: 'The file was saved in another encoding, or its end was cut off when it was copied.',
    remedy: 'Save the file as UTF-8, or upload it with the `encoding` that it has. Copy a file that was cut off again.',
    reasons: {
      not_utf8: {
        index: 0,
        message: () =>
          'the record holds bytes that are no UTF-8, expected a file in UTF-8, or the field encoding with the upload (windows-1252 for a file of an older program)',
      },
      nul_byte: {
        index: 1,
        message: () =>
          'the record holds a NUL byte, expected text (a file that was cut off when it was copied can end so)',
      },
    },
  },
  CUSTOMER_NOT_FOUND: {
    index: 7,
    number: 701,
    foundBy: 'lookup',
    title: 'No customer has this {column}',
    cause:
      'The customer is not in the reference data yet, or the value is written in another way there, or it is a mobile without its country code.',
    remedy:
      'Load the customer as reference data and retry the rejected rows, correct the value, or upload with `defaultCountry` for mobiles without a country code.',
    valueMayShowCause: true,
    reasons: {
      customer_not_found: {
        index: 0,
        message: (f, v) => `no customer has ${f} ${v}, expected a customer of this organization`,
      },
    },
  },
  COUPON_NOT_FOUND: {
    index: 8,
    number: 719,
    foundBy: 'lookup',
    title: 'No coupon has this {column}',
    cause: 'The coupon is not in the reference data yet, or it was mistyped or cut off at the till.',
    remedy: 'Load the coupon as reference data and retry the rejected rows, or correct the value.',
    valueMayShowCause: true,
    reasons: {
      coupon_not_found: {
        index: 0,
        message: (f, v) => `no coupon has ${f} ${v}, expected a coupon of this series`,
      },
    },
  },
  COUPON_NOT_IN_SERIES: {
    index: 9,
    number: 702,
    foundBy: 'lookup',
    title: 'The coupon belongs to another series',
    cause: 'The file holds redemptions of several series, or was uploaded for the wrong one.',
    remedy: 'Upload these rows for the series that the coupon belongs to.',
    reasons: {
      coupon_not_in_series: {
        index: 0,
        message: (f, v) => `the coupon with ${f} ${v} belongs to another series, expected a coupon of this series`,
      },
    },
  },
  TILL_NOT_FOUND: {
    index: 10,
    number: 735,
    foundBy: 'lookup',
    title: 'No till has this id',
    cause: 'The till is new and not in the reference data yet, or the file names tills by another number.',
    remedy: 'Load the till as reference data and retry the rejected rows, or correct the id in all of its rows.',
    valueMayShowCause: true,
    reasons: {
      till_not_found: {
        index: 0,
        message: (f, v) => `no till has the id ${v} (${f}), expected a till of this organization`,
      },
    },
  },
  COUPON_REVOKED: {
    index: 11,
    number: 660,
    foundBy: 'rule',
    title: 'The coupon is revoked',
    cause: 'The coupon was withdrawn and the till accepted it all the same.',
    remedy: 'Leave the row out, or make the coupon active again in the reference data.',
    reasons: {
      coupon_revoked: {
        index: 0,
        message: (f, v) => `the coupon with ${f} ${v} is revoked, expected an active coupon`,
      },
    },
  },
  COUPON_NOT_ISSUED_TO_CUSTOMER: {
    index: 12,
    number: 703,
    foundBy: 'rule',
    title: 'The coupon was issued to another customer',
    cause: 'The coupon was handed on, or the till recorded the wrong customer.',
    remedy: 'Correct the customer, or leave the row out.',
    reasons: {
      coupon_not_issued_to_customer: {
        index: 0,
        message: (f, v) =>
          `the coupon with ${f} ${v} was issued to another customer, expected the customer it was issued to`,
      },
    },
  },
  SERIES_NOT_ACTIVE: {
    index: 13,
    number: 712,
    foundBy: 'rule',
    title: 'The redemption is outside the time of its series',
    cause: 'The series was not yet valid or no longer valid at that time, or the date was read in the wrong time zone.',
    remedy: 'Correct the date or the dates of the series, or leave the row out.',
    reasons: {
      series_not_active: {
        index: 0,
        message: (f, v) => `${f} ${v} is outside the time in which the series is valid, expected a date within it`,
      },
    },
  },
  COUPON_EXPIRED: {
    index: 14,
    number: 713,
    foundBy: 'rule',
    title: 'The redemption is after the end of its coupon',
    cause: 'The till accepted a coupon that had expired, or the date was read in the wrong time zone.',
    remedy: 'Correct the date or the end of the coupon, or leave the row out.',
    reasons: {
      coupon_expired: {
        index: 0,
        message: (f, v) => `${f} ${v} is after the end of the coupon, expected a date before it`,
      },
    },
  },
  COUPON_ALREADY_REDEEMED: {
    index: 15,
    number: 711,
    foundBy: 'limit',
    title: 'The coupon is already redeemed',
    cause: 'The coupon was used before: by an earlier row of this file, or in an earlier file.',
    remedy: 'Look at the redemption that stands in the way. Leave the row out, or revert the import that holds it.',
    reasons: {
      coupon_already_redeemed: {
        index: 0,
        message: (f, v) => `the coupon with ${f} ${v} is already redeemed, expected one that is not`,
      },
    },
  },
  REDEMPTION_LIMIT_REACHED: {
    index: 16,
    number: 728,
    foundBy: 'limit',
    title: 'The coupon is redeemed as often as its series allows',
    cause: 'Earlier rows or files used up the limit of the series for this coupon.',
    remedy: 'Raise the limit of the series and retry the rejected rows, or leave the rows out.',
    reasons: {
      redemption_limit_reached: {
        index: 0,
        message: (f, v) =>
          `the coupon with ${f} ${v} is redeemed as often as its series allows, expected one that is not`,
      },
    },
  },
} as const satisfies Record<string, RowRule>

type RowRules = typeof ROW_RULES

export type RowErrorCode = keyof RowRules

export const ROW_ERROR_CODES = Object.keys(ROW_RULES) as [RowErrorCode, ...RowErrorCode[]]

/** The reasons that one of them finds. */
export type ReasonFoundBy<Finder extends RuleFinder> = {
  [Code in RowErrorCode]: RowRules[Code] extends { readonly foundBy: Finder } ? keyof RowRules[Code]['reasons'] : never
}[RowErrorCode]

export type RowErrorReason = ReasonFoundBy<RuleFinder>
