import { constants } from 'node:zlib'

import compression from 'compression'
import type { Request, Response } from 'express'

import type { PrepareAnswer } from './prepare-answer.ts'

/** Shorter answers fit into one packet as they are. */
const MIN_BYTES = 1_000

/**
 * Packs text with gzip for who accepts it; what says `no-transform` is left alone. A request that asks for nothing of
 * the kind, as polls of programs do, costs nothing.
 */
export function compressAnswers(): PrepareAnswer {
  const compress = compression({
    threshold: MIN_BYTES,
    // A report is read once: the fastest level costs a third of the usual one and packs nearly as well.
    level: constants.Z_BEST_SPEED,
    // brotli at its usual level costs ten times as much.
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } },
  })
  return (request, response, next) => {
    if (request.headers['accept-encoding'] === undefined) next()
    // It needs nothing of Express but the types.
    else compress(request as Request, response as Response, next)
  }
}
