import { startEmbeddedPostgres } from './index.ts'

await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? '',
  log: () => undefined,
  settings: { fsync: 'off', shared_buffers: '16MB' },
})
process.stdout.write('started\n')
