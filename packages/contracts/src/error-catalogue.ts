import type { ImportFailureCode } from './import-state.ts'

/**
 * Every error by which rows are rejected and imports fail: its number, why it usually happens, and what to do about it.
 * Messages, views, the page, the command line and docs/errors.md (`npm run docs:errors`) take it from here.
 */

/** What a person has to know about an error beside its message. */
export interface Advice {
  readonly cause: string
  readonly remedy: string
}

interface RowErrorEntry extends Advice {
  /** How the code is stored: never change or reuse one. */
  readonly index: number
  /** That of the documented API. */
  readonly number: number
  /** The error without a value, as a heading; `{column}` stands for the key of the column. */
  readonly title: string
}

/** Why a row is rejected. The names are ours and stable. */
export const ROW_ERROR_CODES = {
  MISSING_VALUE: {
    index: 1,
    number: 629,
    title: '{column} is empty',
    cause: 'The till did not record the value, or the column was mapped to the wrong place.',
    remedy: 'Fill in the cell, or map the column that holds the value. Leave the row out if it is a total or a note.',
  },
  INVALID_DATE: {
    index: 2,
    number: 739,
    title: '{column} is not a date that can be read',
    cause: 'The file writes dates in another format, a spreadsheet changed them, or the clock of the till was wrong.',
    remedy: 'Upload the file with the `dateFormat` and `timeZone` that it uses, or correct the cell.',
  },
  INVALID_NUMBER: {
    index: 3,
    number: 629,
    title: '{column} is not a whole number',
    cause: 'The column holds a name or a code, or a spreadsheet shortened or formatted the number.',
    remedy: 'Write the whole number without separators, or map the column that holds the id.',
  },
  VALUE_TOO_LONG: {
    index: 4,
    number: 629,
    title: '{column} is too long',
    cause: 'A quote that was not closed joined several lines, or notes were put into the wrong column.',
    remedy: 'Shorten the text, or map the column that holds the value.',
  },
  MALFORMED_ROW: {
    index: 5,
    number: 629,
    title: 'The record cannot be split into cells',
    cause: 'A quote is opened and not closed, text stands behind a closing quote, or the record ends too early.',
    remedy: 'Write a quote inside a quoted cell twice, close every quote, and give the record all its columns.',
  },
  INVALID_ENCODING: {
    index: 6,
    number: 629,
    title: 'The record is not in the encoding of the file',
    cause: 'The file was saved in another encoding, or its end was cut off when it was copied.',
    remedy: 'Save the file as UTF-8, or upload it with the `encoding` that it has. Copy a file that was cut off again.',
  },
  CUSTOMER_NOT_FOUND: {
    index: 7,
    number: 701,
    title: 'No customer has this {column}',
    cause:
      'The customer is not in the reference data yet, or the value is written in another way there, or it is a mobile without its country code.',
    remedy:
      'Load the customer as reference data and retry the rejected rows, correct the value, or upload with `defaultCountry` for mobiles without a country code.',
  },
  COUPON_NOT_FOUND: {
    index: 8,
    number: 719,
    title: 'No coupon has this {column}',
    cause: 'The coupon is not in the reference data yet, or it was mistyped or cut off at the till.',
    remedy: 'Load the coupon as reference data and retry the rejected rows, or correct the value.',
  },
  COUPON_NOT_IN_SERIES: {
    index: 9,
    number: 702,
    title: 'The coupon belongs to another series',
    cause: 'The file holds redemptions of several series, or was uploaded for the wrong one.',
    remedy: 'Upload these rows for the series that the coupon belongs to.',
  },
  TILL_NOT_FOUND: {
    index: 10,
    number: 735,
    title: 'No till has this id',
    cause: 'The till is new and not in the reference data yet, or the file names tills by another number.',
    remedy: 'Load the till as reference data and retry the rejected rows, or correct the id in all of its rows.',
  },
  COUPON_REVOKED: {
    index: 11,
    number: 660,
    title: 'The coupon is revoked',
    cause: 'The coupon was withdrawn and the till accepted it all the same.',
    remedy: 'Leave the row out, or make the coupon active again in the reference data.',
  },
  COUPON_NOT_ISSUED_TO_CUSTOMER: {
    index: 12,
    number: 703,
    title: 'The coupon was issued to another customer',
    cause: 'The coupon was handed on, or the till recorded the wrong customer.',
    remedy: 'Correct the customer, or leave the row out.',
  },
  SERIES_NOT_ACTIVE: {
    index: 13,
    number: 712,
    title: 'The redemption is outside the time of its series',
    cause: 'The series was not yet valid or no longer valid at that time, or the date was read in the wrong time zone.',
    remedy: 'Correct the date or the dates of the series, or leave the row out.',
  },
  COUPON_EXPIRED: {
    index: 14,
    number: 713,
    title: 'The redemption is after the end of its coupon',
    cause: 'The till accepted a coupon that had expired, or the date was read in the wrong time zone.',
    remedy: 'Correct the date or the end of the coupon, or leave the row out.',
  },
  COUPON_ALREADY_REDEEMED: {
    index: 15,
    number: 711,
    title: 'The coupon is already redeemed',
    cause: 'The coupon was used before: by an earlier row of this file, or in an earlier file.',
    remedy: 'Look at the redemption that stands in the way. Leave the row out, or revert the import that holds it.',
  },
  REDEMPTION_LIMIT_REACHED: {
    index: 16,
    number: 728,
    title: 'The coupon is redeemed as often as its series allows',
    cause: 'Earlier rows or files used up the limit of the series for this coupon.',
    remedy: 'Raise the limit of the series and retry the rejected rows, or leave the rows out.',
  },
} as const satisfies Record<string, RowErrorEntry>

export type RowErrorCode = keyof typeof ROW_ERROR_CODES

/** The cause that a value itself shows; `hint` ends the message. */
interface LikelyCauseEntry extends Advice {
  readonly hint: string
}

/** What the value of a row error may show by itself (find-likely-cause.ts), in place of the usual cause. */
export const LIKELY_CAUSES = {
  spreadsheet_error: {
    hint: 'it is an error of a spreadsheet, whose formula has failed or whose column was too narrow, so correct it there and export the file again',
    cause: 'The file holds an error that a spreadsheet shows in place of a value.',
    remedy: 'Correct the formula, or widen the column, in the spreadsheet and export the file again.',
  },
  shortened_number: {
    hint: 'it is a number that a spreadsheet shortened, so its digits are lost: format the column as text there and export the file again',
    cause: 'A spreadsheet showed a long number in short form and saved what it showed.',
    remedy:
      'Format the column as text, or as a number without decimals, where its digits are still known, and export again.',
  },
  thousands_separators: {
    hint: 'it has thousands separators, so export the column without them',
    cause: 'The number was formatted for reading.',
    remedy: 'Export the column without thousands separators.',
  },
  fraction: {
    hint: 'it has a fraction, so export the column as whole numbers',
    cause: 'The number was exported with decimals.',
    remedy: 'Export the column as whole numbers.',
  },
  total_line: {
    hint: 'the line looks like one of totals, so leave it out',
    cause: 'The line sums up others and is no redemption.',
    remedy: 'Leave the line out. It does no harm where it stays.',
  },
  header_line: {
    hint: 'the line looks like a header, so leave it out, or upload with hasHeader=true if it is the first one',
    cause: 'The line names the columns and is no redemption.',
    remedy: 'Upload the file with `hasHeader=true` if it is the first line, else leave it out.',
  },
  iso_date: {
    hint: 'it looks like ISO 8601, which dateFormat=iso8601 reads (with timeZone, unless it says its offset)',
    cause: 'The file writes dates as ISO 8601.',
    remedy: 'Upload it with `dateFormat=iso8601`, and with `timeZone` unless the dates say their offset.',
  },
  day_first_date: {
    hint: 'it looks like a date with day, month and year, which dateFormat=dd/MM/yyyy or MM/dd/yyyy and the like reads, together with timeZone',
    cause: 'The file writes dates with day, month and year.',
    remedy: 'Upload it with a `dateFormat` such as `dd/MM/yyyy` or `MM/dd/yyyy HH:mm`, and its `timeZone`.',
  },
  year_first_date: {
    hint: 'it looks like a date with year, month and day, which dateFormat=yyyy/MM/dd and the like reads, together with timeZone',
    cause: 'The file writes dates with year, month and day.',
    remedy: 'Upload it with a `dateFormat` such as `yyyy/MM/dd` or `yyyy.MM.dd HH:mm`, and its `timeZone`.',
  },
  second_digits_date: {
    hint: 'it looks like a date without separators, which dateFormat=yyyyMMddHHmmss reads, together with timeZone',
    cause: 'The file writes dates and times as digits without separators.',
    remedy: 'Upload it with `dateFormat=yyyyMMddHHmmss` and its `timeZone`.',
  },
  day_digits_date: {
    hint: 'it looks like a date without separators, which dateFormat=yyyyMMdd reads, together with timeZone',
    cause: 'The file writes dates as digits without separators.',
    remedy: 'Upload it with `dateFormat=yyyyMMdd` and its `timeZone`.',
  },
  serial_date: {
    hint: 'it looks like the serial number by which a spreadsheet keeps a date, so format the column there as text such as 2024-11-25T02:00:00 and upload with dateFormat=iso8601 and timeZone',
    cause: 'A spreadsheet exported the number by which it keeps a date.',
    remedy:
      'Format the column there as text such as 2024-11-25T02:00:00, and upload with `dateFormat=iso8601` and `timeZone`.',
  },
  seconds: {
    hint: 'it looks like seconds, which dateFormat=epochSeconds reads',
    cause: 'The file writes dates in seconds since 1970.',
    remedy: 'Upload it with `dateFormat=epochSeconds`.',
  },
  milliseconds: {
    hint: 'it looks like milliseconds, which dateFormat=epochMillis reads',
    cause: 'The file writes dates in milliseconds since 1970.',
    remedy: 'Upload it with `dateFormat=epochMillis`.',
  },
  microseconds: {
    hint: 'it looks like microseconds, so leave out the last three digits',
    cause: 'The file writes dates in microseconds since 1970.',
    remedy: 'Leave out the last three digits of each date.',
  },
  nanoseconds: {
    hint: 'it looks like nanoseconds, so leave out the last six digits',
    cause: 'The file writes dates in nanoseconds since 1970.',
    remedy: 'Leave out the last six digits of each date.',
  },
  country_code_missing: {
    hint: 'it may lack its country code, which the field defaultCountry of an upload adds',
    cause: 'The mobile is written without its country code.',
    remedy: 'Upload the file with `defaultCountry`, such as `IN`.',
  },
} as const satisfies Record<string, LikelyCauseEntry>

export type LikelyCause = keyof typeof LIKELY_CAUSES

/** Why an import as a whole fails. */
export const IMPORT_FAILURE_EXPLANATIONS: Readonly<Record<ImportFailureCode, Advice>> = {
  EMPTY_FILE: {
    cause: 'The file has nothing in it, or nothing behind the lines that skipLines leaves out.',
    remedy: 'Export the file again and look into it before the upload.',
  },
  NOT_CSV: {
    cause:
      'The file is no table of text: an archive, an image, a page, JSON, or text in UTF-16 without a byte order mark. The message says what it looks like.',
    remedy: 'Upload CSV. For text in UTF-16 without a byte order mark add encoding=utf-16le.',
  },
  FILE_DAMAGED: {
    cause: 'The stored file is not what was uploaded: it was changed, damaged or cut off in the store.',
    remedy: 'Check the store, and upload the file again. What was inserted before that point is kept.',
  },
  FILE_MISSING: {
    cause: 'The uploaded file is no longer in the store.',
    remedy: 'Upload it again.',
  },
  SERIES_MISSING: {
    cause: 'The series was deleted after the upload.',
    remedy: 'Load the series into the reference data and resume the import.',
  },
  ERROR_BUDGET_EXCEEDED: {
    cause: 'More rows were rejected than maxErrors or maxErrorRatio of the upload allows.',
    remedy: 'Read the error report. Resume the import to go on all the same, or revert it.',
  },
  INTERNAL_ERROR: {
    cause: 'The importer met an error of its own, again and again without progress in between.',
    remedy: "Read the worker's log for the import's id, and resume the import once the cause is gone.",
  },
}
