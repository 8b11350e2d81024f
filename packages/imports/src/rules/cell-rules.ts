import type { CellRules, UploadOptions } from '@importer/contracts'

/** What of an upload's options its mapping keeps: only what is not as documented, so one without options is as it always was. */
export function cellRulesOf({
  dateFormat,
  timeZone,
  defaultCountry,
  skipLines,
}: Pick<UploadOptions, 'dateFormat' | 'timeZone' | 'defaultCountry' | 'skipLines'>): CellRules {
  return {
    ...(dateFormat === 'epochMillis' ? {} : { dateFormat }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(defaultCountry === undefined ? {} : { defaultCountry }),
    ...(skipLines === 0 ? {} : { skipLines }),
  }
}
