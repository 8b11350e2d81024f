import type { Operation } from '@importer/contracts'
import { z } from 'zod'

const text = z.string()
const none = z.strictObject({})
const page = z.strictObject({ limit: z.string().transform(Number).optional(), cursor: z.string().optional() })
const READ = { method: 'get', role: 'read', tag: 'results', summary: '' } as const

const columns = z.record(z.string(), z.union([z.number(), z.string(), z.array(z.string())]))
const profileFields = z.object({
  customerIdentifier: text.optional(),
  couponIdentifier: text.optional(),
  uploadHeaders: columns.optional(),
  delimiter: text.optional(),
  hasHeader: text.optional(),
  skipLines: z.number().optional(),
  encoding: text.optional(),
  dateFormat: text.optional(),
  timeZone: text.optional(),
  defaultCountry: text.optional(),
  maxErrors: z.number().optional(),
  onSameFile: text.optional(),
  seriesId: z.number().nullable().optional(),
})
const profileView = profileFields.extend({ name: text, version: z.number() })

export const PENDING = {
  listImportProfiles: {
    ...READ,
    path: '/v1/import-profiles',
    query: page,
    success: [{ status: 200, description: '', schema: z.object({ items: z.array(profileView) }) }],
  },
  saveImportProfile: {
    method: 'put',
    role: 'write',
    tag: 'imports',
    summary: '',
    path: '/v1/import-profiles/{name}',
    query: none,
    body: { contentType: 'application/json', schema: profileFields },
    success: [{ status: 200, description: '', schema: profileView }],
  },
  deleteImportProfile: {
    method: 'delete',
    role: 'write',
    tag: 'imports',
    summary: '',
    path: '/v1/import-profiles/{name}',
    query: none,
    success: [{ status: 204, description: '' }],
  },
} as const satisfies Record<string, Operation>
