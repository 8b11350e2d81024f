// Imports an object of a bucket, streamed: nothing of it is kept here but the temporary file of the command line.
//
//   npm install @aws-sdk/client-s3
//   AWS_REGION=eu-central-1 node import-from-s3.mjs till-files 2026/11/26.csv 953234
//
// In a shell with the AWS command line this is the same:
//   aws s3 cp s3://till-files/2026/11/26.csv - | redemptions import - --file-name 26.csv --series 953234 …
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'

const [Bucket, Key, series] = process.argv.slice(2)
const endpoint = process.env.S3_ENDPOINT
const s3 = new S3Client(endpoint === undefined ? {} : { endpoint, forcePathStyle: true })
const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))

const columns = [
  '--customer',
  'mobile=Mobile',
  '--coupon',
  'code=Coupon',
  '--column',
  'date=Redeemed on',
  '--column',
  'till=Till',
]
const options = ['--series', series, ...columns, '--file-name', path.basename(Key), '--wait', '--quiet']
const redemptions = spawn('redemptions', ['import', '-', ...options], { stdio: ['pipe', 'inherit', 'inherit'] })
const ended = once(redemptions, 'close')
await pipeline(Body, redemptions.stdin)
const [exitCode] = await ended
process.exitCode = exitCode
