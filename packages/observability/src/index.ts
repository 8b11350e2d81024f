export { checkReadiness, type ReadinessChecks } from './check-readiness.ts'
export { StillStartingError } from './describe-failure.ts'
export { guardDatabase, watchPooler, type DatabaseGuard } from './guard-database.ts'
export { createRegistry, startObservationServer, type ObservationServer } from './observation-server.ts'
