import { useQuery } from '@tanstack/react-query'

import { client } from '../../api/client.ts'
import { ChoiceField } from '../../design/fields.tsx'

/** More than an organization can have. */
const ALL = 1_000

interface ProfileFieldProps {
  /** What choosing none is called. */
  readonly none: string
  readonly hint?: string
  readonly value: string
  readonly onChoice: (profile: string, seriesId: number | null) => void
}

/** A saved way to read files of one kind. Only where there are some, or one is chosen: it may be deleted since. */
export function ProfileField({ none, hint, value, onChoice }: ProfileFieldProps) {
  const { data: profiles = [] } = useQuery({
    queryKey: ['profiles', 'all'],
    queryFn: async ({ signal }) => (await client.listImportProfiles({ limit: ALL }, { signal })).items,
  })
  if (profiles.length === 0 && value === '') return null
  return (
    <ChoiceField
      label="Profile"
      hint={hint}
      value={value}
      onChoice={(name) => onChoice(name, profiles.find((one) => one.name === name)?.seriesId ?? null)}
      choices={[
        { value: '', text: none },
        ...(value !== '' && !profiles.some(({ name }) => name === value) ? [{ value, text: value }] : []),
        ...profiles.map(({ name }) => ({ value: name, text: name })),
      ]}
    />
  )
}
