import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import type { Request, Response } from 'express'

import { matchesEntityTag } from './entity-tag.ts'

/** A file of ours that never changes while we run, in memory. */
export interface StaticFile {
  readonly contentType: string
  readonly body: Buffer
  /** The same, packed once. */
  readonly gzipped: Buffer
  readonly entityTag: string
  /** Its address holds a hash or a version, so what is there never changes. */
  readonly isImmutable: boolean
}

const YEAR_SECONDS = 31_536_000

export async function packStaticFile(
  body: Buffer,
  { contentType, isImmutable }: Pick<StaticFile, 'contentType' | 'isImmutable'>,
): Promise<StaticFile> {
  const gzipped = await promisify(gzip)(body, { level: 9 })
  return { contentType, body, gzipped, entityTag: makeTag(body), isImmutable }
}

export function makeTag(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

/** Sends a file with its policy, packed for who takes that, or 304 to who has it. */
export function sendStaticFile(request: Request, response: Response, file: StaticFile, policy: string): void {
  response.setHeader('Content-Security-Policy', policy)
  response.setHeader('Referrer-Policy', 'same-origin')
  response.setHeader('Cache-Control', file.isImmutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache')
  response.setHeader('ETag', file.entityTag)
  response.setHeader('Vary', 'Accept-Encoding')
  request.resume()
  if (matchesEntityTag(request.headers['if-none-match'], file.entityTag)) {
    response.statusCode = 304
    response.end()
    return
  }
  const isGzipTaken = request.acceptsEncodings('gzip') === 'gzip'
  const body = isGzipTaken ? file.gzipped : file.body
  response.setHeader('Content-Type', file.contentType)
  if (isGzipTaken) response.setHeader('Content-Encoding', 'gzip')
  response.setHeader('Content-Length', body.length)
  response.end(body)
}
