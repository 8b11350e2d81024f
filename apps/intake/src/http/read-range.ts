import type { Request, Response } from 'express'

import { ApiError } from './api-error.ts'
import { matchesEntityTag } from './entity-tag.ts'

/** Both ends included, from 0. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * What of a body that never changes is asked for (RFC 9110, 13 and 14), with the answer's status and headers set: the one
 * range of `Range`, where `If-Range` names this body or is absent; else all of it. `unchanged`: the client has the body,
 * and the answer is sent. Throws 416 where the body has nothing of the range.
 */
export function readRange(
  request: Request,
  response: Response,
  { bytes, entityTag }: { readonly bytes: number; readonly entityTag: string },
): ByteRange | undefined | 'unchanged' {
  response.setHeader('ETag', entityTag)
  response.setHeader('Accept-Ranges', 'bytes')
  if (matchesEntityTag(request.headers['if-none-match'], entityTag)) {
    response.statusCode = 304
    response.end()
    return 'unchanged'
  }
  const condition = request.headers['if-range']
  // Of GET alone there are parts (RFC 9110, 14.2).
  const isWanted = request.method === 'GET' && (condition === undefined || condition === entityTag)
  const ranges = isWanted ? request.range(bytes, { combine: true }) : undefined
  if (ranges === -1) {
    throw new ApiError(
      416,
      [
        {
          code: 'RANGE_NOT_SATISFIABLE',
          field: 'Range',
          message: `the file has ${bytes} bytes; expected a range of them`,
        },
      ],
      { 'Content-Range': `bytes */${bytes}` },
    )
  }
  // Several ranges, or a unit of somebody else's, may be ignored.
  const [range] = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges : []
  if (range === undefined) {
    response.setHeader('Content-Length', bytes)
    return undefined
  }
  response.statusCode = 206
  response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${bytes}`)
  response.setHeader('Content-Length', range.end - range.start + 1)
  return { start: range.start, end: range.end }
}
