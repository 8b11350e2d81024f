export { checkReadiness, StillStartingError, type ReadinessChecks } from './check-readiness.ts'
export { createRegistry } from './create-registry.ts'
export { startObservationServer, type ObservationServer } from './observation-server.ts'
