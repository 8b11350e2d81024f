import { constants } from 'node:zlib'

import compression from 'compression'
import type { Request, Response } from 'express'

import type { PrepareAnswer } from './prepare-answer.ts'

/** To pack a status of some 1,200 bytes takes three times as long as all else that a poll needs, for a packet less. */
const MIN_BYTES = 4_000

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
