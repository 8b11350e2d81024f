import type { RequestListener } from 'node:http'

import type { Served } from '../src/http/served.ts'

/** For a server whose requests can all be read. */
export function servePlainly(answer: RequestListener): Served {
  return {
    answer,
    refuse(error) {
      throw error
    },
  }
}
