export { keepVariables } from '@importer/runtime'

export { ensureApiKeyFile } from './api-key-file.ts'
export { bundlePrograms } from './bundle-programs.ts'
export { ownEnvironment, readEnvironment, type RawEnvironment } from './env.ts'
export { ignoreOutputErrors, startSystem, type RunningSystem } from './start-system.ts'
