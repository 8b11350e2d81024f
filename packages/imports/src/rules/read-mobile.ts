import { normalizeMobile } from '@importer/contracts'

/** The digits by which a mobile compares, of a cell that is not empty. */
export type MobileReader = (text: string) => string

const HAS_COUNTRY_CODE = /^[\s([]*(?:[+\uff0b]|00)/
const PLAIN_DIGITS = /^\d+$/

/** What libphonenumber-js has of a country's numbers, and does not type. */
interface NumberRules {
  nationalNumberPattern(): string
  nationalPrefixForParsing(): string | null | undefined
}

/**
 * How mobiles of an import are read. With a country (ISO 3166), one without a country code is read as one of that country,
 * as libphonenumber reads it. The library is loaded only then. A country without telephones changes nothing.
 */
export async function loadMobileReader(country: string | undefined): Promise<MobileReader> {
  if (country === undefined) return normalizeMobile
  const library = await import('libphonenumber-js/min')
  const { isSupportedCountry, getCountryCallingCode, Metadata, parsePhoneNumberFromString } = library
  if (!isSupportedCountry(country)) return normalizeMobile

  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  const rules = metadata.numberingPlan as unknown as NumberRules
  const callingCode = getCountryCallingCode(country)
  const national = new RegExp(`^(?:${rules.nationalNumberPattern()})$`)
  const prefixes = rules.nationalPrefixForParsing()
  const prefix = prefixes === undefined || prefixes === null ? null : new RegExp(`^(?:${prefixes})`)
  return (text) => {
    const digits = normalizeMobile(text)
    if (HAS_COUNTRY_CODE.test(text) || !PLAIN_DIGITS.test(digits)) return digits
    // A complete number without a prefix to drop is what nearly every cell holds. The library comes to the same, and takes
    // a hundred times as long.
    if (national.test(digits) && prefix?.test(digits) !== true) return callingCode + digits
    return parsePhoneNumberFromString(digits, country)?.number.slice(1) ?? digits
  }
}
