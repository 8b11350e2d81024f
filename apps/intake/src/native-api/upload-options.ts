import { parseColumnReferences } from '@importer/contracts'

import { readCommonForm } from '../compatible-api/upload-form.ts'
import { ApiError } from '../http/api-error.ts'
import type { ReceivedUpload } from '../http/receive-upload.ts'
import type { AcceptedUpload } from '../uploads/create-upload-import.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'

/** Judges the fields of an upload. Throws 400 with every fault in them. `judgeUrl` says what is wrong with a callback URL. */
export function readNativeUpload(upload: ReceivedUpload, judgeUrl: (url: string) => string | null): AcceptedUpload {
  const form = readCommonForm(upload, parseColumnReferences)
  const { options, metadata, faults } = readUploadOptions(upload.fields, judgeUrl)
  const [first, ...others] = [...form.faults, ...faults]
  if (first !== undefined) throw new ApiError(400, [first, ...others])
  const { file, customerIdentifier, couponIdentifier, columns, details } = form
  if (!file || !customerIdentifier || !couponIdentifier || !columns || !options) {
    throw new Error('an upload form lacks a part without a fault that says so')
  }
  return { file, identifiers: { customerIdentifier, couponIdentifier }, columns, details, options, metadata }
}
