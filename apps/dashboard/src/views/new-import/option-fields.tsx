import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS } from '@importer/contracts'
import { useId } from 'react'

import type { Inspection } from '../../api/inspect-file.ts'
import styles from '../../design/design.module.css'
import { ChoiceField, TextField } from '../../design/fields.tsx'
import { wordColumn } from '../../format/words.ts'
import type { Identifiers, Settings } from './settings.ts'

interface OptionFieldsProps {
  readonly settings: Settings
  readonly inspection: Inspection | undefined
  readonly identifiers: Identifiers
  /** Whether notes of one upload are among them. */
  readonly hasDetails?: boolean
  readonly onChange: (change: Partial<Settings>) => void
}

const HERE = new Intl.DateTimeFormat().resolvedOptions().timeZone

const DATE_FORMATS = [
  ['epochMillis', 'milliseconds since 1970'],
  ['epochSeconds', 'seconds since 1970'],
  ['iso8601', '2026-03-31T14:05:00Z'],
  ['yyyy-MM-dd HH:mm:ss', '2026-03-31 14:05:00'],
  ['dd.MM.yyyy HH:mm', '31.03.2026 14:05'],
  ['dd/MM/yyyy HH:mm', '31/03/2026 14:05'],
  ['MM/dd/yyyy hh:mm a', '03/31/2026 02:05 PM'],
] as const

/** How dates, mobiles and the file itself are to be read. What is empty is found out. */
export function OptionFields({ settings, inspection, identifiers, hasDetails = true, onChange }: OptionFieldsProps) {
  const formats = useId()
  const zones = useId()
  const set = (name: keyof Settings) => (value: string) => onChange({ [name]: value })
  return (
    <>
      <div className={styles.fields}>
        <TextField
          label="Date format"
          list={formats}
          value={settings.dateFormat}
          placeholder={inspection?.dateFormat ?? 'epochMillis'}
          hint="epochMillis, epochSeconds, iso8601, or a pattern such as dd.MM.yyyy HH:mm"
          onText={set('dateFormat')}
        />
        <datalist id={formats}>
          {DATE_FORMATS.map(([format, example]) => (
            <option key={format} value={format}>
              {example}
            </option>
          ))}
        </datalist>
        <TextField
          label="Time zone"
          list={zones}
          value={settings.timeZone}
          placeholder={inspection?.timeZone ?? 'none'}
          hint={`Of dates without an offset. This computer is in ${HERE}`}
          onText={set('timeZone')}
        />
        <datalist id={zones}>
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone}>
              {zone}
            </option>
          ))}
        </datalist>
        <ChoiceField
          label="Delimiter"
          value={settings.delimiter}
          onChoice={set('delimiter')}
          choices={[
            { value: '', text: 'Found by itself' },
            { value: ',', text: 'Comma' },
            { value: ';', text: 'Semicolon' },
            { value: '\t', text: 'Tab' },
            { value: '|', text: 'Vertical bar' },
            ...(['', ',', ';', '\t', '|'].includes(settings.delimiter)
              ? []
              : [{ value: settings.delimiter, text: settings.delimiter }]),
          ]}
        />
        {identifiers.customers.length > 1 && (
          <ChoiceField
            label="Customers are named by"
            value={identifiers.customer ?? ''}
            onChoice={set('customerIdentifier')}
            choices={identifiers.customers.map((one) => ({ value: one, text: wordColumn(CUSTOMER_IDENTIFIERS[one]) }))}
          />
        )}
        {identifiers.coupons.length > 1 && (
          <ChoiceField
            label="Coupons are named by"
            value={identifiers.coupon ?? ''}
            onChoice={set('couponIdentifier')}
            choices={identifiers.coupons.map((one) => ({ value: one, text: wordColumn(COUPON_IDENTIFIERS[one]) }))}
          />
        )}
      </div>
      <details className={styles.disclosure}>
        <summary>More options</summary>
        <div className={styles.fields}>
          <ChoiceField
            label="Header"
            value={settings.hasHeader}
            onChoice={set('hasHeader')}
            choices={[
              { value: '', text: 'Found by itself' },
              { value: 'true', text: 'The first row is a header' },
              { value: 'false', text: 'There is none' },
            ]}
          />
          <TextField
            label="Lines to skip"
            inputMode="numeric"
            pattern="\d{1,3}"
            placeholder="0"
            hint="Before the header or the first row"
            value={settings.skipLines}
            onText={set('skipLines')}
          />
          <ChoiceField
            label="Encoding"
            value={settings.encoding}
            onChoice={set('encoding')}
            choices={[
              { value: '', text: 'UTF-8' },
              { value: 'windows-1252', text: 'Windows-1252' },
              { value: 'utf-16le', text: 'UTF-16' },
            ]}
          />
          <TextField
            label="Country of mobiles"
            placeholder="none"
            maxLength={2}
            hint="Two letters, such as IN: for mobiles without a country code"
            value={settings.defaultCountry}
            onText={(text) => onChange({ defaultCountry: text.toUpperCase() })}
          />
          <TextField
            label="Stop after rejected rows"
            inputMode="numeric"
            pattern="\d{1,10}"
            placeholder="never"
            value={settings.maxErrors}
            onText={set('maxErrors')}
          />
          <ChoiceField
            label="The same file again"
            value={settings.onSameFile}
            onChoice={set('onSameFile')}
            choices={[
              { value: '', text: 'Is taken: its rows are duplicates' },
              { value: 'reject', text: 'Is refused' },
            ]}
          />
          {hasDetails && (
            <TextField label="Notes" maxLength={65_000} value={settings.details} onText={set('details')} />
          )}
        </div>
      </details>
    </>
  )
}
