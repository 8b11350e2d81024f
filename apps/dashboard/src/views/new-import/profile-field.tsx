import { useQuery } from '@tanstack/react-query'

import { client } from '../../api/client.ts'
import { ChoiceField } from '../../design/fields.tsx'

interface ProfileFieldProps {
  readonly value: string
  readonly onChoice: (profile: string, seriesId: number | null) => void
}

/** A saved way to read files of one kind. */
export function ProfileField({ value, onChoice }: ProfileFieldProps) {
  const query = useQuery({
    queryKey: ['profiles'],
    queryFn: async ({ signal }) => client.listImportProfiles({}, { signal }),
  })
  const profiles = query.data?.items ?? []
  if (profiles.length === 0 && value === '') return null
  return (
    <ChoiceField
      label="Profile"
      hint="A saved way to read files of one kind"
      value={value}
      onChoice={(name) => onChoice(name, profiles.find((one) => one.name === name)?.seriesId ?? null)}
      choices={[
        { value: '', text: 'None' },
        ...(value !== '' && !profiles.some(({ name }) => name === value) ? [{ value, text: value }] : []),
        ...profiles.map(({ name }) => ({ value: name, text: name })),
      ]}
    />
  )
}
