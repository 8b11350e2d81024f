import type { Readable, Transform, Writable } from 'node:stream'

import { showText, type FieldFault } from '@importer/contracts'
import { FileTooLargeError, type FileStore, type StoredFile } from '@importer/file-store'
import type { Request, Response } from 'express'
import multer from 'multer'

import { acceptBody } from './accept-body.ts'
import { ApiError, payloadTooLarge } from './api-error.ts'
import { FORM_OVERHEAD_BYTES } from './require-upload.ts'
import { watchBody } from './watch-body.ts'

/** The multipart field whose content is stored. */
export const FILE_FIELD = 'file'

export interface ReceivedFile extends StoredFile {
  /** As the client sent it: to be shown, never to be used as a path. */
  readonly originalName: string
}

export interface ReceivedForm<Kept> {
  /** By name; a value is a string, or something else where a client repeated or nested a field. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly file: Kept | null
  /** What was wrong with the file parts. */
  readonly faults: readonly FieldFault[]
}

export type ReceivedUpload = ReceivedForm<ReceivedFile>

/** What becomes of the file while it comes. */
interface FileSink<Kept> {
  keep(stream: Readable, originalName: string): Promise<Kept>
  /** The request failed: what was kept of the file is of no use. */
  discard(kept: Kept): Promise<void>
}

export interface UploadLimits {
  /** Of the file; the form around it may have 1 MiB more. */
  readonly maxBytes: number
  /** A body that stands still for so long is given up. */
  readonly idleTimeoutMs: number
}

/** What no honest client comes near; what is merely wrong is reported by the one who validates, with all other faults. */
const HARD_LIMITS = {
  fieldNameSize: 100,
  fieldSize: 64 * 1024,
  fields: 50,
  files: 5,
  parts: 55,
  headerPairs: 20,
  fieldNestingDepth: 1,
  fieldArrayIndexLimit: 0,
} as const

/** Of all fields of a form together, names included: so much of each form is held until its last byte has come. */
const MAX_FIELDS_BYTES = 128 * 1024

/** The janitor takes a stored file without an import for an orphan after an hour. */
const TOUCH_EVERY_MS = 60_000

/**
 * Reads a multipart request: the part named `file` streams into the store, where it is hashed and synced; fields may
 * come before or after it. What is stored is kept from the janitor for as long as the request lives. When this rejects,
 * nothing is stored: with {@link ApiError} where the request is at fault, with {@link ClientGoneError} where the client went away, else with the store's error.
 */
export async function receiveUpload(
  request: Request,
  response: Response,
  store: FileStore,
  limits: UploadLimits,
): Promise<ReceivedUpload> {
  const keys: string[] = []
  keepTouched(response, store, keys)
  return receiveForm(request, response, limits, {
    async keep(stream, originalName) {
      const stored = await store.write(stream, { maxBytes: limits.maxBytes })
      keys.push(stored.key)
      return { ...stored, originalName }
    },
    discard: async ({ key }) => store.remove(key),
  })
}

/**
 * Reads a multipart request, whose part named `file` goes to the sink. Rejects as {@link receiveUpload} does, and then
 * nothing is kept.
 */
export async function receiveForm<Kept>(
  request: Request,
  response: Response,
  limits: UploadLimits,
  sink: FileSink<Kept>,
): Promise<ReceivedForm<Kept>> {
  const faults: FieldFault[] = []
  const kept: Promise<Kept>[] = []
  const body = watchBody(request, { ...limits, maxBytes: limits.maxBytes + FORM_OVERHEAD_BYTES })
  acceptBody(request, response)

  const storage: multer.StorageEngine = {
    _handleFile(_request, part, done) {
      const keeping = sink.keep(part.stream, part.originalname)
      kept.push(keeping)
      keeping.then(
        () => done(null, {}),
        (error: unknown) => done(error),
      )
    },
    // Whatever has been kept is discarded below, once, however the request ended.
    _removeFile: (_request, _part, done) => done(null),
  }
  const fields = await parseForm(body, request, response, {
    storage,
    // Without this a name in UTF-8 would be read as Latin-1.
    defParamCharset: 'utf8',
    // The parser takes a file that reaches its limit for one that is too large.
    limits: { ...HARD_LIMITS, fileSize: limits.maxBytes + 1 },
    fileFilter(_request, part, accept) {
      const fault = checkFilePart(part, kept.length)
      if (fault !== null) faults.push(fault)
      accept(null, fault === null)
    },
    streamHandler(source, parser) {
      limitFields(parser, (fault) => source.destroy(fault))
      source.pipe(parser)
      // multer unpipes when it is done, and after an error it would read the body to its end before it says so.
      parser.once('unpipe', () => source.destroy())
    },
  }).catch(async (error: unknown) => {
    const reason = await findReason(error, body, kept, limits.maxBytes)
    await discardKept(sink, kept)
    throw reason
  })
  const [file] = await Promise.all(kept)
  return { fields, file: file ?? null, faults }
}

/** Fields that come in crumbs, or unpacking, may take longer than the janitor waits. */
function keepTouched(response: Response, store: FileStore, keys: readonly string[]): void {
  const timer = setInterval(() => {
    // A store that is away is reported by whoever needs it next.
    for (const key of keys) store.touch(key).catch(() => undefined)
  }, TOUCH_EVERY_MS)
  timer.unref()
  response.once('close', () => clearInterval(timer))
}

/** multer bounds each field and their number; their sum would be 3 MiB of memory for every form that is under way. */
function limitFields(parser: Writable, refuse: (fault: ApiError) => void): void {
  let bytes = 0
  let isFileAField = false
  parser.on('field', (name: string, value: string) => {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    isFileAField ||= name === FILE_FIELD
    if (bytes <= MAX_FIELDS_BYTES) return
    if (isFileAField) refuse(fileIsAField())
    else {
      const message = `${name.slice(0, HARD_LIMITS.fieldNameSize)} and the fields before it have ${bytes} bytes; expected at most ${MAX_FIELDS_BYTES} in all fields together`
      refuse(new ApiError(400, [{ code: 'VALUE_TOO_LONG', field: name, message }]))
    }
  })
}

interface FormOptions extends multer.Options {
  readonly streamHandler: (source: Transform, parser: Writable) => void
}

/**
 * multer gets the body as a stream of its own, with the head that it looks at, in place of the request: what it does to
 * the one that it reads (drain it, wait for its end) must not happen to the request, which still needs an answer.
 */
function parseForm(
  body: Transform,
  request: Request,
  response: Response,
  options: FormOptions,
): Promise<Record<string, unknown>> {
  const source = Object.assign(body, {
    headers: request.headers,
    body: undefined as Record<string, unknown> | undefined,
  })
  return new Promise((resolve, reject) => {
    multer(options).any()(source as unknown as Request, response, (error: unknown) => {
      body.destroy()
      if (error instanceof Error) reject(error)
      else if (source.body === undefined) reject(new Error('Unexpected end of form'))
      else resolve(source.body)
    })
  })
}

/** What a part's Content-Transfer-Encoding may be: those that leave its bytes alone (RFC 7578, 4.7). */
const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

function checkFilePart(
  { fieldname: field, encoding }: { readonly fieldname: string; readonly encoding: string },
  accepted: number,
): FieldFault | null {
  if (!PLAIN_ENCODINGS.has(encoding.toLowerCase())) {
    return {
      code: 'UNSUPPORTED_ENCODING',
      field,
      message: `${field} has the Content-Transfer-Encoding ${showText(encoding)}; expected the file's own bytes (binary, 8bit or 7bit)`,
    }
  }
  if (field !== FILE_FIELD) {
    return {
      code: 'UNEXPECTED_FILE',
      field,
      message: `${field} is a file; expected one file, in the field ${FILE_FIELD}`,
    }
  }
  if (accepted > 0) {
    return { code: 'TOO_MANY_FILES', field, message: `${FILE_FIELD} is there more than once; expected one file` }
  }
  return null
}

/** Of several errors that follow from one another, the one that came first: the body's, then the store's, then multer's. */
async function findReason(
  error: unknown,
  body: Transform,
  stored: readonly Promise<unknown>[],
  maxBytes: number,
): Promise<Error> {
  if (body.errored !== null) return body.errored
  if (error instanceof multer.MulterError) return describeLimit(error, maxBytes)
  const outcomes = await Promise.allSettled(stored)
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed?.reason instanceof FileTooLargeError) return payloadTooLarge(maxBytes)
  if (failed?.reason === error && error instanceof Error && !isFormError(error)) return error
  return new ApiError(400, [
    {
      code: 'MALFORMED_MULTIPART',
      field: 'body',
      message: 'the body is no complete multipart/form-data; expected parts between the boundaries that the head names',
    },
  ])
}

/** The parser's own errors, which also end the file part that it was in. They are known by their words only. */
function isFormError(error: Error): boolean {
  return /^(?:Unexpected end of (?:form|file)|Malformed part header|Malformed content type|Multipart: |Unsupported content type)/.test(
    error.message,
  )
}

/** For each of multer's codes: our code, and what was expected. */
const HARD_FAULTS: Readonly<Record<string, { readonly code: FieldFault['code']; readonly expected: string }>> = {
  LIMIT_FIELD_VALUE: { code: 'VALUE_TOO_LONG', expected: `at most ${HARD_LIMITS.fieldSize} bytes` },
  LIMIT_FIELD_COUNT: { code: 'TOO_MANY_FIELDS', expected: `at most ${HARD_LIMITS.fields} fields` },
  LIMIT_PART_COUNT: { code: 'TOO_MANY_FIELDS', expected: `at most ${HARD_LIMITS.fields} fields and one file` },
  LIMIT_FILE_COUNT: { code: 'TOO_MANY_FILES', expected: 'one file' },
}

function describeLimit(error: multer.MulterError, maxBytes: number): ApiError {
  if (error.code === 'LIMIT_FILE_SIZE') return payloadTooLarge(maxBytes)
  if (error.code === 'LIMIT_FIELD_VALUE' && error.field === FILE_FIELD) return fileIsAField()
  const { code, expected } = HARD_FAULTS[error.code] ?? {
    code: 'INVALID_FIELD_NAME',
    expected: `field names of at most ${HARD_LIMITS.fieldNameSize} bytes without brackets`,
  }
  const field = error.field ?? (code === 'TOO_MANY_FILES' ? FILE_FIELD : 'body')
  const named = error.field === undefined ? '' : `${error.field}: `
  return new ApiError(400, [{ code, field, message: `${named}${error.message.toLowerCase()}; expected ${expected}` }])
}

function fileIsAField(): ApiError {
  const message = `${FILE_FIELD} is a plain field; expected a file (with a file name in its Content-Disposition)`
  return new ApiError(400, [{ code: 'MISSING_FILE', field: FILE_FIELD, message }])
}

async function discardKept<Kept>(sink: FileSink<Kept>, kept: readonly Promise<Kept>[]): Promise<void> {
  const outcomes = await Promise.allSettled(kept)
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') await sink.discard(outcome.value)
  }
}
