import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useId } from 'react'

import { client } from '../../api/client.ts'
import { TextField } from '../../design/fields.tsx'

interface SeriesFieldProps {
  readonly value: string
  readonly onText: (text: string) => void
}

const MOST = 50

/** A series by its id; typing a part of its name finds it. */
export function SeriesField({ value, onText }: SeriesFieldProps) {
  const listId = useId()
  const typed = useDeferredValue(value.trim())
  const query = useQuery({
    queryKey: ['series', typed],
    queryFn: async ({ signal }) => client.listSeries({ limit: MOST, ...(typed !== '' && { q: typed }) }, { signal }),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  })
  const found = query.data?.items ?? []
  const chosen = found.find(({ id }) => String(id) === value.trim())
  const isUnknown = query.data !== undefined && !query.isPlaceholderData && value.trim() !== '' && found.length === 0
  return (
    <>
      <TextField
        label="Coupon series"
        list={listId}
        required
        value={value}
        placeholder="Id, or a part of the name"
        hint={chosen === undefined ? 'The series that the coupons belong to' : describe(chosen)}
        fault={isUnknown ? 'There is no such series; load it as reference data first.' : null}
        onText={onText}
      />
      <datalist id={listId}>
        {found.map(({ id, name }) => (
          <option key={id} value={String(id)}>
            {name ?? 'without a name'}
          </option>
        ))}
      </datalist>
    </>
  )
}

function describe({
  name,
  maxRedemptionsPerCoupon,
}: {
  readonly name: string | null
  readonly maxRedemptionsPerCoupon: number | null
}): string {
  const limit =
    maxRedemptionsPerCoupon === null
      ? 'coupons may be used without limit'
      : `a coupon may be used ${maxRedemptionsPerCoupon === 1 ? 'once' : `${maxRedemptionsPerCoupon} times`}`
  return `${name ?? 'Without a name'}: ${limit}`
}
