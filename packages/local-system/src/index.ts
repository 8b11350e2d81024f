export { keepVariables } from '@importer/runtime'

export { ensureApiKeyFile } from './api-key-file.ts'
export { bundlePrograms } from './bundle-programs.ts'
export { ownEnvironment, readEnvironment, type RawEnvironment } from './env.ts'
export { ignoreOutputErrors } from './ignore-output-errors.ts'
export { startSystem, type RunningSystem } from './start-system.ts'
