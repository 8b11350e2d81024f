export type { FileChecksums } from './block-checksums.ts'
export { createFileStore, type FileStoreOptions } from './create-file-store.ts'
export { formatHour, IDENTITY_KEY, PERIOD_MS } from './file-key.ts'
export {
  FileMissingError,
  FileTooLargeError,
  type ByteRange,
  type FileStore,
  type StoredEntry,
  type StoredFile,
} from './file-store.ts'
export { protectStore, type StoreProtection } from './protect-store.ts'
export { FileDamagedError, StorageUnavailableError, WrongStorageError } from './storage-errors.ts'
