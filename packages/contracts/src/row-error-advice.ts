import type { ColumnKey } from './columns.ts'
import { codeOf, type RowError, type RowErrorCode } from './row-errors.ts'

/** What a person has to know about an error beside its sentence: why it usually happens, and what to do about it. */
export interface ErrorAdvice {
  /** The error without a value, as a heading; `{column}` stands for the key of the column. */
  readonly title: string
  readonly cause: string
  readonly remedy: string
}

/** The one catalogue of advice, by code: pages, the command line and the documentation take it from here. */
export const ERROR_ADVICE: Readonly<Record<RowErrorCode, ErrorAdvice>> = {
  MALFORMED_ROW: {
    title: 'The record cannot be split into cells',
    cause: 'A quote is opened and not closed, text stands behind a closing quote, or the record ends too early.',
    remedy: 'Write a quote inside a quoted cell twice, close every quote, and give the record all its columns.',
  },
  INVALID_ENCODING: {
    title: 'The record is not in the encoding of the file',
    cause: 'The file was saved in another encoding, or its end was cut off when it was copied.',
    remedy: 'Save the file as UTF-8, or upload it with the `encoding` that it has. Copy a file that was cut off again.',
  },
  MISSING_VALUE: {
    title: '{column} is empty',
    cause: 'The till did not record the value, or the column was mapped to the wrong place.',
    remedy: 'Fill in the cell, or map the column that holds the value. Leave the row out if it is a total or a note.',
  },
  INVALID_DATE: {
    title: '{column} is not a date that can be read',
    cause: 'The file writes dates in another format, a spreadsheet changed them, or the clock of the till was wrong.',
    remedy: 'Upload the file with the `dateFormat` and `timeZone` that it uses, or correct the cell.',
  },
  INVALID_NUMBER: {
    title: '{column} is not a whole number',
    cause: 'The column holds a name or a code, or a spreadsheet shortened or formatted the number.',
    remedy: 'Write the whole number without separators, or map the column that holds the id.',
  },
  VALUE_TOO_LONG: {
    title: '{column} is too long',
    cause: 'A quote that was not closed joined several lines, or notes were put into the wrong column.',
    remedy: 'Shorten the text, or map the column that holds the value.',
  },
  CUSTOMER_NOT_FOUND: {
    title: 'No customer has this {column}',
    cause:
      'The customer is not in the reference data yet, or the value is written in another way there, or it is a mobile without its country code.',
    remedy:
      'Load the customer as reference data and retry the rejected rows, correct the value, or upload with `defaultCountry` for mobiles without a country code.',
  },
  COUPON_NOT_FOUND: {
    title: 'No coupon has this {column}',
    cause: 'The coupon is not in the reference data yet, or it was mistyped or cut off at the till.',
    remedy: 'Load the coupon as reference data and retry the rejected rows, or correct the value.',
  },
  COUPON_NOT_IN_SERIES: {
    title: 'The coupon belongs to another series',
    cause: 'The file holds redemptions of several series, or was uploaded for the wrong one.',
    remedy: 'Upload these rows for the series that the coupon belongs to.',
  },
  TILL_NOT_FOUND: {
    title: 'No till has this id',
    cause: 'The till is new and not in the reference data yet, or the file names tills by another number.',
    remedy: 'Load the till as reference data and retry the rejected rows, or correct the id in all of its rows.',
  },
  COUPON_REVOKED: {
    title: 'The coupon is revoked',
    cause: 'The coupon was withdrawn and the till accepted it all the same.',
    remedy: 'Leave the row out, or make the coupon active again in the reference data.',
  },
  COUPON_NOT_ISSUED_TO_CUSTOMER: {
    title: 'The coupon was issued to another customer',
    cause: 'The coupon was handed on, or the till recorded the wrong customer.',
    remedy: 'Correct the customer, or leave the row out.',
  },
  SERIES_NOT_ACTIVE: {
    title: 'The redemption is outside the time of its series',
    cause: 'The series was not yet valid or no longer valid at that time, or the date was read in the wrong time zone.',
    remedy: 'Correct the date or the dates of the series, or leave the row out.',
  },
  COUPON_EXPIRED: {
    title: 'The redemption is after the end of its coupon',
    cause: 'The till accepted a coupon that had expired, or the date was read in the wrong time zone.',
    remedy: 'Correct the date or the end of the coupon, or leave the row out.',
  },
  COUPON_ALREADY_REDEEMED: {
    title: 'The coupon is already redeemed',
    cause: 'The coupon was used before: by an earlier row of this file, or in an earlier file.',
    remedy: 'Look at the redemption that stands in the way. Leave the row out, or revert the import that holds it.',
  },
  REDEMPTION_LIMIT_REACHED: {
    title: 'The coupon is redeemed as often as its series allows',
    cause: 'Earlier rows or files used up the limit of the series for this coupon.',
    remedy: 'Raise the limit of the series and retry the rejected rows, or leave the rows out.',
  },
}

/** Why an error usually happens and what to do about it. */
export function adviseOn(error: RowError): Pick<ErrorAdvice, 'cause' | 'remedy'> {
  const { cause, remedy } = ERROR_ADVICE[codeOf(error)]
  return { cause, remedy }
}

/** An error as the heading of a group: without a value. */
export function summarizeRowError(code: RowErrorCode, column: ColumnKey | null): string {
  return ERROR_ADVICE[code].title.replace('{column}', column ?? 'the record')
}
