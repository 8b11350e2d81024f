import { countSecretsByKey, type Database, type SecretCounts } from '@importer/db'

import { finding, ok, type Check } from './check.ts'

const NAME = 'Webhook secrets'

/** With which keys the secrets of webhooks are sealed, and so whether one may be taken away. */
export async function checkSecrets(database: Database): Promise<Check> {
  const counts = await countSecretsByKey(database)
  const found = describeCounts(counts)
  const remedies = listRemedies(counts)
  return remedies.length === 0 ? ok(NAME, found) : finding(NAME, found, remedies.join(' '))
}

function describeCounts({ known, unknown, unsealed }: SecretCounts): string {
  const [first, ...others] = known
  const parts = others.map(({ keyId, count }) => `${count} with another key of it (${keyId})`)
  if (first !== undefined) parts.unshift(`${first.count} sealed with the first key of SECRETS_KEY (${first.keyId})`)
  for (const { keyId, count } of unknown) {
    const how = keyId === null ? 'in a form of another version' : `with a key that SECRETS_KEY lacks (${keyId})`
    parts.push(`${count} sealed ${how}`)
  }
  parts.push(first === undefined ? `${unsealed} unsealed, as SECRETS_KEY is not set` : `${unsealed} unsealed`)
  return parts.join(', ')
}

function listRemedies({ known, unknown, unsealed }: SecretCounts): string[] {
  const [first, ...others] = known
  const remedies: string[] = []
  if (others.some(({ count }) => count > 0)) {
    remedies.push(
      'Take away no key under which secrets are counted: give every intake and worker the same order of keys, then workers seal all with the first.',
    )
  }
  if (first !== undefined && unsealed > 0) {
    remedies.push('Give every intake and worker SECRETS_KEY: then workers seal what is stored unsealed.')
  }
  if (unknown.length > 0) {
    remedies.push(
      'Set SECRETS_KEY as intake and worker have it; where they lack the key too, add it, or rotate these secrets: see "Sealing the secrets of webhooks" in docs/operations.md.',
    )
  }
  return remedies
}
