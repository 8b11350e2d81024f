export { ENVIRONMENT, pickEnvironment, type Environment, type EnvironmentName } from './environment/catalogue.ts'
export { EnvironmentError } from './environment/environment-error.ts'
export { parseEnvironment, type EnvironmentSchema, type Variable } from './environment/parse-environment.ts'
export { createLog, type Logger, type LogOptions } from './log.ts'
export { createFileStore, type FileStoreOptions } from './store/create-file-store.ts'
export {
  FileMissingError,
  FileTooLargeError,
  InvalidFileKeyError,
  type ByteRange,
  type FileStore,
  type StoredFile,
} from './store/file-store.ts'
export { createShutdown, listenForSignals, type Shutdown, type ShutdownOptions } from './shutdown.ts'
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
