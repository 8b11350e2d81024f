export { acquireInstanceLock, InstanceLockedError, type InstanceLock } from './instance-lock.ts'
export { readProcessBirth } from './process-birth.ts'
export { RotatingLogFile } from './rotating-log-file.ts'
