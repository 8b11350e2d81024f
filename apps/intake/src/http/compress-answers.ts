import { constants } from 'node:zlib'

import compression from 'compression'
import type { RequestHandler } from 'express'

/** Shorter answers fit into one packet as they are. */
const MIN_BYTES = 1_000

/**
 * Packs text with gzip for who accepts it; what says `no-transform` is left alone. A request that asks for nothing of
 * the kind, as polls of programs do, costs nothing.
 */
export function compressAnswers(): RequestHandler {
  const compress = compression({
    threshold: MIN_BYTES,
    // A report is read once: the fastest level costs a third of the usual one and packs nearly as well.
    level: constants.Z_BEST_SPEED,
    // brotli at its usual level costs ten times as much.
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } },
  })
  return (request, response, next) => {
    if (request.headers['accept-encoding'] === undefined) next()
    else compress(request, response, next)
  }
}
