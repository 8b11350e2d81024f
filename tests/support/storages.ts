import { startS3Storage } from './s3-storage.ts'

interface NewStorage {
  readonly name: 'a folder' | 'S3'
  /** The variables of a system that keeps its files there, in an empty one of its own. */
  open(): Promise<Readonly<Record<string, string>>>
}

/** Every kind of storage, for `describe.each`. */
export const STORAGES: readonly NewStorage[] = [
  // Each system has a folder of its own.
  { name: 'a folder', open: async () => ({}) },
  { name: 'S3', open: async () => (await startS3Storage()).env },
]
