import { pickProfileOptions } from '@importer/contracts'

import styles from '../../design/design.module.css'
import { Facts } from '../../design/layout.tsx'
import { Time } from '../../design/time.tsx'
import { wordCode, wordColumn } from '../../format/words.ts'
import { wordOption, type Profile } from './profile-draft.ts'

/** Everything that a version says. */
export function ProfileFacts({ profile }: { readonly profile: Profile }) {
  const { version, savedAt, savedBy } = profile
  const { uploadHeaders = {}, ...options } = pickProfileOptions(profile)
  return (
    <Facts
      facts={[
        { name: 'Version', value: version },
        { name: 'Saved', value: <Time at={savedAt} /> },
        { name: 'Saved by', value: <span className={styles.value}>{savedBy.name}</span> },
        ...Object.entries(uploadHeaders).map(([key, column]) => ({
          name: wordColumn(key),
          value: <span className={styles.value}>{describeColumn(column)}</span>,
        })),
        ...Object.entries(options).map(([key, value]) => ({
          name: wordCode(wordOption(key)),
          value: (
            <span className={styles.value}>
              {typeof value === 'string' ? value.replace('\t', 'tab') : JSON.stringify(value)}
            </span>
          ),
        })),
      ]}
    />
  )
}

function describeColumn(column: number | string | readonly string[]): string {
  if (typeof column === 'number') return `column ${column + 1}`
  return typeof column === 'string' ? column : column.join(', or ')
}
