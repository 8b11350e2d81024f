import { createLog } from '@importer/runtime'

import { createQueues, type QueuesOptions } from '../../src/create-queues.ts'

/** A worker that tells the process that started it which job it took, and then never ends it. */
const options = JSON.parse(process.argv[2] ?? '') as Omit<QueuesOptions, 'log'>
const queues = createQueues({ ...options, log: createLog({ name: 'hanging', level: 'silent' }) })
queues.consume(
  'import',
  async (_payload, { jobId }) => {
    process.send?.(jobId)
    await new Promise(() => {})
  },
  { concurrency: 1 },
)
