import { z } from 'zod'

import { profileListView, profileRequest, profileView } from '../import-profile.ts'
import { profileName } from '../profile-name.ts'
import { MAX_INT4 } from '../storable.ts'
import * as examples from './examples.ts'
import { answer, type Operation } from './operation.ts'
import { noQuery, pageQuery, wholeNumber } from './parameters.ts'

const NOT_FOUND = { 404: 'There is no such profile in this organization' }
const PATH = '/v1/import-profiles/{name}'
const PROFILE = { schema: profileView, example: examples.profile }

/** Saved options of an upload. Who may read sees them all; who may upload saves and deletes them. */
export const PROFILE_OPERATIONS = {
  listImportProfiles: {
    method: 'get',
    path: '/v1/import-profiles',
    tag: 'profiles',
    summary: 'List import profiles',
    description: 'The latest version of each, by name.',
    role: 'read',
    query: z.strictObject({
      ...pageQuery.shape,
      cursor: profileName.optional().meta({ description: 'The `nextCursor` of the page before' }),
    }),
    success: [answer(200, 'A page', profileListView, examples.profileList)],
  },
  showImportProfile: {
    method: 'get',
    path: PATH,
    tag: 'profiles',
    summary: 'Retrieve an import profile',
    description: 'The latest version, or any that there was: that also of a profile which is deleted.',
    role: 'read',
    query: z.strictObject({
      version: wholeNumber({ from: 1, to: MAX_INT4 }).optional().meta({ description: 'The latest, unless given' }),
    }),
    success: [{ status: 200, description: 'The profile', ...PROFILE }],
    errors: NOT_FOUND,
  },
  listImportProfileVersions: {
    method: 'get',
    path: `${PATH}/versions`,
    tag: 'profiles',
    summary: 'List the versions of an import profile',
    description: 'Newest first, whoever saved them; of a profile which is deleted too.',
    role: 'read',
    query: z.strictObject({
      ...pageQuery.shape,
      cursor: wholeNumber({ from: 1, to: MAX_INT4 })
        .optional()
        .meta({ description: 'The `nextCursor` of the page before' }),
    }),
    success: [answer(200, 'A page', profileListView, examples.profileList)],
    errors: NOT_FOUND,
  },
  saveImportProfile: {
    method: 'put',
    path: PATH,
    tag: 'profiles',
    summary: 'Save an import profile',
    description:
      'All of it, as a new version; what is not named has its default again. Imports keep the version that they were ' +
      'uploaded with.',
    role: 'write',
    query: noQuery,
    body: { contentType: 'application/json', schema: profileRequest },
    example: {
      json: {
        customerIdentifier: 'MOBILE',
        couponIdentifier: 'COUPON_CODE',
        uploadHeaders: {
          redeemedDateInMillis: ['Redeemed on', 'Date'],
          redeemedAt: 'Till',
          mobile: 'Mobile',
          couponCode: 'Coupon',
        },
        defaultCountry: 'IN',
      },
    },
    success: [
      { status: 200, description: 'The new version', ...PROFILE },
      { status: 201, description: 'The new profile', ...PROFILE },
    ],
    errors: {
      408: 'The body stood still',
      409: 'The organization has as many profiles as it may',
      413: 'The body is too large',
      415: 'The body is no JSON',
    },
  },
  deleteImportProfile: {
    method: 'delete',
    path: PATH,
    tag: 'profiles',
    summary: 'Delete an import profile',
    description:
      'Uploads that name it are refused from then on. Its versions stay for the imports that were made with them.',
    role: 'write',
    query: noQuery,
    success: [{ status: 204, description: 'The profile is deleted' }],
    errors: NOT_FOUND,
  },
} as const satisfies Record<string, Operation>
