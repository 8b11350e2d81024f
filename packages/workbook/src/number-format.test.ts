import { describe, expect, test } from 'vitest'

import { readNumberFormat } from './number-format.ts'

/** The 21st of October 2020 at nine, half a day, nothing, below nothing: D where a date is shown, else n. */
const VALUES = [44125.375, 0.5, 0, -3]

function lookAt(code: string): string {
  const format = readNumberFormat(code)
  return VALUES.map((value) => (format(value).isDate ? 'D' : 'n')).join('')
}

/** As Excel and others write them into files; what each shows is LibreOffice's word in tests/spreadsheets. */
describe('numbers are shown by', () => {
  test.each(
    [
      // General, and what programs of other languages call it.
      ['General', '[Red]General', 'General;-General', 'General" d"', 'General "hours"', 'Standard', '[Red]Standard'],
      ['Standard;-Standard', 'Estándar', 'Geral', 'Standaard', 'Standardowy', 'Ogólny', 'Všeobecný', 'Genel'],
      ['Yleinen', 'Általános', 'Основной', 'G/標準', 'G/通用格式', 'G/표준'],
      // Letters of dates in quotes, behind a backslash, as a width, as what fills the cell.
      ['0" days"', '0 "d"', '#,##0\\ "h"', '0\\d', '0_d', '0*d', '\\d0', '"day;month" 0', '"m"0', '0.0"s"', '0";"0'],
      ['"says ""0"', '0"unclosed d', '0\\'],
      // Words that nobody has put in quotes.
      ['0 days', '0 Stück', '# s', '#,##0 USD'],
      // Currencies, percentages, fractions, exponents, conditions.
      [
        '[$€-407] #,##0.00',
        '#,##0.00\\ [$USD]',
        '[$CHF ]0.00',
        '[$Rs.-4009]\\ #,##0',
        '0%',
        '# ?/?',
        '0.00E+00',
        '##0.0E+0',
      ],
      ['_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)'],
      [
        '[<=9999999]###\\-####;\\(###\\)\\ ###\\-####',
        '[>=1000]#,##0\\ "k";0',
        '[Magenta]0.00;[Yellow]-0.00',
        '0;\\-0;\\d',
      ],
      ['@', ';;;', '"Yes";"Yes";"No"', '', '[', '[d', '"d'],
    ].flat(),
  )('%s', (code) => expect(lookAt(code)).toBe('nnnn'))
})

describe('dates are shown by', () => {
  test.each(
    [
      [
        'yyyy-mm-dd',
        'yyyymmdd',
        'dd.mm.yyyy hh:mm',
        'd/m/yy\\ h:mm;@',
        '[Red]dd/mm/yyyy',
        '[Color10]d/m',
        'yyyy',
        'mm',
      ],
      ['mmmmm', 'ddd', 'aaaa', 'yyyy"-"mm', '"Datum: "d.m.yyyy', '"a;b"yyyy-mm-dd', 'TT.MM.JJJJ', 'General yyyy'],
      [
        '[$-409]d-mmm-yy;@',
        '[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy',
        '[$-x-sysdate]dddd, mmmm dd, yyyy',
        '[$-en-US]mmm d, yyyy',
      ],
      ['[ENG][$-409]d. mmm yyyy;@', '[$-1070000]d/mm/yyyy h:mm AM/PM;@', '[$-411]ge.m.d', '[$-404]e/m/d'],
      ['yyyy"年"m"月"d"日";@', '[DBNum1]yyyy"年"m"月"', '上午/下午h"时"mm"分"'],
      ['[h]:mm', '[hh]:mm:ss', '[mm]:ss', '[ss]', 'h:mm AM/PM', 'h:mm A/P', '[$-F400]h:mm:ss\\ AM/PM', 'ss'],
      ['mm:ss.0', 'mm:ss.000', 'yyyy\\-mm\\-dd\\Thh:mm:ss.000', 'yyyy-mm-ddThh:mm:ssZ', 'yyyyMMddTHHmmss'],
    ].flat(),
  )('%s', (code) => expect(lookAt(code)).toBe('DDDD'))
})

test.each([
  ['0;dd/mm/yyyy', 'nnnD'],
  ['dd/mm/yyyy;;', 'DDnn'],
  ['yyyy-mm-dd;0;0', 'DDnn'],
  ['0;0;yyyy-mm-dd;@', 'nnDn'],
  ['[=0]"";dd/mm/yyyy', 'DDnD'],
  ['[<1]h:mm;yyyy-mm-dd', 'DDDD'],
  ['[>40000]yyyy-mm-dd;0', 'Dnnn'],
  ['[Red][<0]0;yyyy-mm-dd', 'DDDn'],
  ['[>=40000]yyyy-mm-dd;[>=0]0;yyyy', 'DnnD'],
  ['[<>0]yyyy-mm-dd;0', 'DDnD'],
  ['[<=0.5]h:mm;0', 'nDDD'],
])('%s shows a number by the section that is meant for it', (code, expected) => expect(lookAt(code)).toBe(expected))

test.each([
  ['000000', 6],
  ['[$-409]000000', 6],
  ['[Blue]000', 3],
  ['000000_)', 6],
  ['0000;@', 4],
  ['0000;-0000', 4],
  ['General', 0],
  ['0,000', 0],
  ['0.00', 0],
  ['"K"0000', 0],
  ['', 0],
])('%s shows at least %d digits', (code, minDigits) => expect(readNumberFormat(code)(7).minDigits).toBe(minDigits))

test.each(['y', 'a', '[', '"', ';', '\\', 'y;', '0#'])('a million of %j is read by its beginning', (part) => {
  const code = part.repeat(1_000_000)
  expect(lookAt(code)).toBe(lookAt(code.slice(0, 255)))
})
