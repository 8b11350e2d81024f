declare module 's3rver' {
  import type { RequestListener } from 'node:http'

  /** The parts of s3rver that the tests use: https://github.com/jamhall/s3rver */
  export default class S3rver {
    constructor(options: {
      directory: string
      silent: boolean
      allowMismatchedSignatures: boolean
      configureBuckets: { name: string }[]
    })
    configureBuckets(): Promise<void>
    callback(): RequestListener
  }
}
