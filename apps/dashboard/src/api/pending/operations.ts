import { COLUMN_KEYS, type Operation } from '@importer/contracts'
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
  inspectFile: {
    method: 'post',
    role: 'read',
    tag: 'imports',
    summary: '',
    path: '/v1/inspect',
    query: none,
    body: { contentType: 'multipart/form-data', schema: z.strictObject({ file: z.file() }) },
    success: [
      {
        status: 200,
        description: '',
        schema: z.object({
          kind: text,
          encoding: text.nullable(),
          delimiter: text.nullable(),
          headerRow: z.boolean().nullable(),
          skippedLines: z.number(),
          columns: z.array(
            z.object({
              position: z.number(),
              name: text.nullable(),
              samples: z.array(text),
              suggestedKey: z.enum(COLUMN_KEYS).nullable(),
            }),
          ),
          customerIdentifier: text.nullable(),
          couponIdentifier: text.nullable(),
          uploadHeaders: columns.nullable(),
          dateFormat: text.nullable(),
          timeZone: text.nullable(),
          profile: z.object({ name: text, version: z.number() }).nullable(),
          rows: z.array(
            z.object({
              rowNumber: z.number(),
              line: z.number(),
              cells: z.array(text),
              errors: z.array(z.object({ code: text, column: text.nullable(), message: text })),
            }),
          ),
          problems: z.array(z.object({ code: text, message: text })),
        }),
      },
    ],
  },
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
