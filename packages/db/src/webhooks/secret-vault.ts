import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Whose a secret is: an endpoint's, or with null the organization's own. A sealed one can be opened as theirs alone. */
interface SecretOwner {
  readonly orgId: number
  readonly endpointId: number | null
}

/** Seals and opens what must be stored as it is. */
export interface SecretVault {
  /** Under the first key; as it is where there is no key. */
  seal(secret: string, owner: SecretOwner): string
  /** What {@link seal} was given, whichever of the keys it was sealed with; what was stored unsealed, as it is. Throws a SealedSecretError. */
  open(stored: string, owner: SecretOwner): string
  /** Of the keys, in their order: the first seals. They say nothing of the keys. None: nothing is sealed. */
  readonly keyIds: readonly string[]
}

/** A stored secret cannot be opened by any key that this process has. The message is for the operator. */
export class SealedSecretError extends Error {
  override readonly name = 'SealedSecretError'

  constructor({ orgId, endpointId }: SecretOwner, reason: string) {
    const whose = endpointId === null ? 'the own webhook secret' : `the secret of webhook endpoint ${endpointId}`
    super(
      `${whose} of organization ${orgId} cannot be opened: ${reason}; add the key that it was sealed with to SECRETS_KEY, or rotate the secret`,
    )
  }
}

/** What a process says at its start that has no key. */
export const UNSEALED_SECRETS_WARNING =
  'SECRETS_KEY is not set: webhook secrets are stored unsealed, and whoever reads the database can sign webhooks; set it to 32 random bytes in base64'

/** sealed:1:<id of the key>:<base64url of nonce, ciphertext and tag> */
const SEALED = /^sealed:1:([0-9a-f]{8}):([\w-]+)$/
const PREFIX = 'sealed:'
const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

interface SealingKey {
  readonly id: string
  readonly key: Buffer
}

/** @param keys of 32 bytes: the first seals, all open. None: nothing is sealed. */
export function createSecretVault(keys: readonly Buffer[]): SecretVault {
  const known = keys.map((key): SealingKey => ({ id: identifyKey(key), key }))
  const [first] = known
  return {
    seal: (secret, owner) => (first === undefined ? secret : sealWith(first, secret, owner)),
    open(stored, owner) {
      if (!stored.startsWith(PREFIX)) return stored
      const [, id, content = ''] = SEALED.exec(stored) ?? []
      if (id === undefined) throw new SealedSecretError(owner, 'what is stored is no sealed secret of this version')
      const used = known.find((key) => key.id === id)
      if (used === undefined) throw new SealedSecretError(owner, describeMissing(id, known))
      try {
        return openWith(used, Buffer.from(content, 'base64url'), owner)
      } catch {
        // The cipher says nothing of the why: a changed byte, or a secret of somebody else.
        throw new SealedSecretError(owner, 'it was changed, or belongs to another endpoint')
      }
    },
    keyIds: known.map(({ id }) => id),
  }
}

/** What all begins with that is sealed with this key. */
export function nameSealedPrefix(keyId: string): string {
  return `${PREFIX}1:${keyId}:`
}

function describeMissing(id: string, known: readonly SealingKey[]): string {
  if (known.length === 0) return `it is sealed with the key ${id}, and SECRETS_KEY is not set`
  return `it is sealed with the key ${id}, and SECRETS_KEY has ${known.map((key) => key.id).join(', ')}`
}

/** Tells keys apart in messages and stored secrets, and says nothing about them. */
function identifyKey(key: Buffer): string {
  return createHash('sha256').update('redemption-importer key id').update(key).digest('hex').slice(0, 8)
}

/** What is sealed cannot be moved to another endpoint or organization, as the tag covers whose it is. */
function bindTo({ orgId, endpointId }: SecretOwner): Buffer {
  return Buffer.from(`webhook-secret/1/org/${orgId}/endpoint/${endpointId ?? 'own'}`)
}

function sealWith({ id, key }: SealingKey, secret: string, owner: SecretOwner): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bindTo(owner))
  const content = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return nameSealedPrefix(id) + content.toString('base64url')
}

function openWith({ key }: SealingKey, content: Buffer, owner: SecretOwner): string {
  const nonce = content.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bindTo(owner))
  decipher.setAuthTag(content.subarray(-TAG_BYTES))
  return decipher.update(content.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
}
