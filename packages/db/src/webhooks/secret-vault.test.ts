import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { createSecretVault, nameSealedPrefix, SealedSecretError } from './secret-vault.ts'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OWNER = { orgId: 9619, endpointId: 7 }

test('what is sealed is opened again, differs every time, and shows nothing of the secret', () => {
  const vault = createSecretVault([OLD])
  const [one, two] = [vault.seal(SECRET, OWNER), vault.seal(SECRET, OWNER)]
  expect(one).toMatch(/^sealed:1:[0-9a-f]{8}:[\w-]+$/)
  expect(one).not.toBe(two)
  expect(one).not.toContain('whsec_')
  expect([vault.open(one, OWNER), vault.open(two, OWNER)]).toEqual([SECRET, SECRET])
})

test('the first of several keys seals, all of them open', () => {
  const sealedBefore = createSecretVault([OLD]).seal(SECRET, OWNER)
  const rotating = createSecretVault([NEW, OLD])
  expect(rotating.open(sealedBefore, OWNER)).toBe(SECRET)
  const sealedNow = rotating.seal(SECRET, OWNER)
  const prefixes = rotating.keyIds.map((id) => nameSealedPrefix(id))
  expect([sealedNow, sealedBefore].map((stored, index) => stored.startsWith(prefixes[index] ?? ''))).toEqual([
    true,
    true,
  ])
  expect(createSecretVault([NEW]).open(sealedNow, OWNER)).toBe(SECRET)
})

test('without a key nothing is sealed, and what was stored so is opened with one too', () => {
  const vault = createSecretVault([])
  expect(vault.seal(SECRET, OWNER)).toBe(SECRET)
  expect([vault.open(SECRET, OWNER), createSecretVault([NEW]).open(SECRET, OWNER)]).toEqual([SECRET, SECRET])
  expect(vault.keyIds).toEqual([])
})

const sealed = createSecretVault([OLD]).seal(SECRET, OWNER)
const changed = sealed.slice(0, 30) + (sealed[30] === 'A' ? 'B' : 'A') + sealed.slice(31)

test.each([
  ['moved to another endpoint', [OLD], sealed, { orgId: 9619, endpointId: 8 }, /belongs to another endpoint/],
  ['moved to another organization', [OLD], sealed, { orgId: 4711, endpointId: 7 }, /belongs to another endpoint/],
  ['made the own one of the organization', [OLD], sealed, { orgId: 9619, endpointId: null }, /the own webhook secret/],
  ['that was changed', [OLD], changed, OWNER, /it was changed/],
  ['that was cut off', [OLD], sealed.slice(0, 40), OWNER, /it was changed/],
  ['of a key that is gone', [NEW], sealed, OWNER, /sealed with the key [0-9a-f]{8}, and SECRETS_KEY has [0-9a-f]{8};/],
  ['where no key is set', [], sealed, OWNER, /and SECRETS_KEY is not set; add the key/],
  ['of a later version', [OLD], 'sealed:2:whatever', OWNER, /no sealed secret of this version/],
])('a secret %s is not opened, and the error says whose it is and what to do', (_what, keys, stored, owner, reason) => {
  const open = () => createSecretVault(keys).open(stored, owner)
  expect(open).toThrow(SealedSecretError)
  expect(open).toThrow(reason)
  expect(open).toThrow(new RegExp(`organization ${owner.orgId} .*(?:SECRETS_KEY|rotate)`))
})
