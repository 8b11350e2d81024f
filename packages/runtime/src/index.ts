export {
  checkEnvironment,
  checkServiceEnvironment,
  keepVariables,
  listOldNames,
  pickEnvironment,
  requireOwnPorts,
  type Environment,
} from './environment/catalogue.ts'
export { ADDRESS_FILE, describeLocalAddress } from './environment/local-address.ts'
export { EnvironmentError } from './environment/parse-environment.ts'
export { parseStorageUrl } from './environment/storage-url.ts'
export { createLog, type Logger, type LogOptions } from './log.ts'
export { createOccasionalWarning } from './occasional-warning.ts'
export { acquireInstanceLock, InstanceLockedError, type InstanceLock } from './processes/instance-lock.ts'
export { notifySupervisor } from './processes/notify-supervisor.ts'
export { isGone, readOfProcess, readProcessStart } from './processes/process-start.ts'
export { RotatingLogFile } from './processes/rotating-log-file.ts'
export { runProgram, type ProgramParts } from './run-program.ts'
export type { Shutdown } from './shutdown.ts'
export { TimeSlice } from './time-slice.ts'
export { formatTraceparent, parseTraceparent } from './tracing/traceparent.ts'
export { NO_SPAN, NO_TRACING, runInSpan, type Span, type Tracing } from './tracing/tracing.ts'
export { waitForPeers } from './wait-for-peers.ts'
export { resolvesWithin, withTimeout } from './with-timeout.ts'
