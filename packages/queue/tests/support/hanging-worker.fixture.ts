import { createLog } from '@importer/runtime'

import { createQueues, type QueuesOptions } from '../../src/create-queues.ts'

/** A worker that sends its parent process the id of the job that it took, and never ends that job. */
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
