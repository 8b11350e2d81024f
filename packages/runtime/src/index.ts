export { checkEnvironment, listOldNames, pickEnvironment, type Environment } from './environment/catalogue.ts'
export { EnvironmentError } from './environment/environment-error.ts'
export { createLog, type Logger, type LogOptions } from './log.ts'
export type { Consumer, ConsumerOptions, JobContext, JobProcessor } from './queue/consumer.ts'
export { createQueues, type QueueLocation, type Queues, type QueuesOptions } from './queue/create-queues.ts'
export { describeRedis, type RedisDescription } from './queue/describe-redis.ts'
export { migrateQueue } from './queue/postgres-backend.ts'
export type { EnqueueOptions, Producer } from './queue/producer.ts'
export type { FileChecksums } from './store/block-checksums.ts'
export { createFileStore, type FileStoreOptions } from './store/create-file-store.ts'
export { formatHour, IDENTITY_KEY, PERIOD_MS } from './store/file-key.ts'
export {
  FileMissingError,
  FileTooLargeError,
  type ByteRange,
  type FileStore,
  type StoredEntry,
  type StoredFile,
} from './store/file-store.ts'
export { protectStore, type StoreProtection } from './store/protect-store.ts'
export { FileDamagedError, StorageUnavailableError, WrongStorageError } from './store/storage-errors.ts'
export {
  createShutdown,
  divideShutdown,
  endOnUncaughtError,
  listenForSignals,
  type Shutdown,
  type ShutdownOptions,
} from './shutdown.ts'
export {
  chooseFreePort,
  findEmbeddedPostgres,
  isPortFree,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded-postgres/index.ts'
export {
  acquireInstanceLock,
  InstanceLockedError,
  readProcessBirth,
  RotatingLogFile,
  type InstanceLock,
} from './processes/index.ts'
export { TimeSlice } from './time-slice.ts'
export { startTracing, type TracingOptions } from './tracing/start-tracing.ts'
export { formatTraceparent, parseTraceparent } from './tracing/traceparent.ts'
export { NO_SPAN, NO_TRACING, runInSpan, type Span, type Tracing } from './tracing/tracing.ts'
export { waitForPeers } from './wait-for-peers.ts'
