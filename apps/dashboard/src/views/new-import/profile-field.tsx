import { useProfiles } from '../../api/use-profiles.ts'
import { ChoiceField } from '../../design/fields.tsx'

interface ProfileFieldProps {
  readonly value: string
  /** One that fits the file, while none is chosen. */
  readonly suggested: string | null
  readonly onChoice: (profile: string, seriesId: number | null) => void
}

/** A saved way to read files of one kind. */
export function ProfileField({ value, suggested, onChoice }: ProfileFieldProps) {
  const { data: profiles = [] } = useProfiles()
  if (profiles.length === 0 && value === '') return null
  return (
    <ChoiceField
      label="Profile"
      hint={suggested === null ? 'A saved way to read files of one kind' : `“${suggested}” fits this file`}
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
