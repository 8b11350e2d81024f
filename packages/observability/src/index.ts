export { checkReadiness, StillStartingError, type ReadinessChecks } from './check-readiness.ts'
export { createRegistry, startObservationServer, type ObservationServer } from './observation-server.ts'
