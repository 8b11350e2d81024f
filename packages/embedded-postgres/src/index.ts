export { APP_ROLE, type DatabaseUrls } from './cluster-folder.ts'
export { findEmbeddedPostgres } from './find-embedded-postgres.ts'
export { chooseFreePort, isPortFree } from './free-port.ts'
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './start-embedded-postgres.ts'
