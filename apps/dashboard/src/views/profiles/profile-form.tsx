import { COLUMN_KEYS, type ColumnKey } from '@importer/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { client } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Form, TextField } from '../../design/fields.tsx'
import { Scroll } from '../../design/layout.tsx'
import { ErrorNote } from '../../design/notes.tsx'
import { wordColumn } from '../../format/words.ts'
import { OptionFields } from '../new-import/option-fields.tsx'
import { NO_SETTINGS } from '../new-import/settings.ts'
import {
  draftProfile,
  identifiersOfDraft,
  optionsOf,
  type ColumnDraft,
  type Profile,
  type ProfileDraft,
} from './profile-draft.ts'

interface ProfileFormProps {
  readonly profile: Profile
  /** `between`: how many versions others have saved since this one was opened. */
  readonly onSaved: (saved: Profile, between: number) => void
  readonly onCancel: () => void
}

/** All that a profile says, to be changed: saving makes a new version. */
export function ProfileForm({ profile, onSaved, onCancel }: ProfileFormProps) {
  const queries = useQueryClient()
  const [opened] = useState(profile)
  const [draft, setDraft] = useState(() => draftProfile(profile))
  const change = (changed: Partial<ProfileDraft>): void => setDraft({ ...draft, ...changed })
  const identifiers = identifiersOfDraft(draft)
  const save = useMutation({
    mutationFn: async () =>
      client.saveImportProfile({
        name: opened.name,
        body: optionsOf({
          ...draft,
          customerIdentifier: identifiers.customer ?? draft.customerIdentifier,
          couponIdentifier: identifiers.coupon ?? draft.couponIdentifier,
        }),
      }),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: ['profiles'], refetchType: 'all' })
      onSaved(saved, saved.version - opened.version - 1)
    },
  })
  return (
    <Form onSubmit={() => save.mutate()}>
      <Scroll label="Columns">
        <table>
          <thead>
            <tr>
              <th scope="col">Meaning</th>
              <th scope="col">Found by</th>
              <th scope="col">Column</th>
            </tr>
          </thead>
          <tbody>
            {COLUMN_KEYS.map((key) => (
              <ColumnRow
                key={key}
                name={key}
                column={draft.columns[key]}
                onChange={(column) => change({ columns: { ...draft.columns, [key]: column } })}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
      <OptionFields
        settings={{ ...NO_SETTINGS, ...draft, columns: null }}
        inspection={undefined}
        identifiers={identifiers}
        hasDetails={false}
        onChange={({ columns: _columns, profile: _profile, details: _details, ...changed }) => change(changed)}
      />
      <div className={styles.fields}>
        <TextField
          label="Greatest share of rejected rows"
          inputMode="decimal"
          placeholder="none"
          hint="From 0 to 1, looked at from the 1,000th row"
          value={draft.maxErrorRatio}
          onText={(maxErrorRatio) => change({ maxErrorRatio })}
        />
        <TextField
          label="Series id"
          inputMode="numeric"
          pattern="\d{1,16}"
          hint="The series that such files belong to: offered for choice"
          value={draft.seriesId}
          onText={(seriesId) => change({ seriesId })}
        />
        <TextField
          label="Callback address"
          type="url"
          placeholder="https://"
          hint="Is notified of how each import ended"
          value={draft.callbackUrl}
          onText={(callbackUrl) => change({ callbackUrl })}
        />
      </div>
      {save.isError && <ErrorNote error={save.error} />}
      <div className={styles.row}>
        <Button type="submit" look="primary" disabled={save.isPending}>
          Save a new version
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </Form>
  )
}

interface ColumnRowProps {
  readonly name: ColumnKey
  readonly column: ColumnDraft
  readonly onChange: (column: ColumnDraft) => void
}

function ColumnRow({ name, column: { by, text }, onChange }: ColumnRowProps) {
  const meaning = wordColumn(name)
  return (
    <tr>
      <th scope="row">{meaning}</th>
      <td>
        <select
          aria-label={`${meaning}: found by`}
          value={by}
          onChange={(event) => onChange({ by: event.target.value as ColumnDraft['by'], text: '' })}
        >
          <option value="none">Not in these files</option>
          <option value="name">Name in the header</option>
          <option value="position">Position</option>
        </select>
      </td>
      <td>
        {by === 'name' && (
          <textarea
            aria-label={`${meaning}: names in the header, one a line`}
            rows={Math.max(1, text.split('\n').length)}
            required
            spellCheck={false}
            value={text}
            onChange={(event) => onChange({ by, text: event.target.value })}
          />
        )}
        {by === 'position' && (
          <input
            aria-label={`${meaning}: which column, from 1`}
            type="number"
            min={1}
            max={1024}
            required
            value={text}
            onChange={(event) => onChange({ by, text: event.target.value })}
          />
        )}
      </td>
    </tr>
  )
}
