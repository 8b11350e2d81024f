/** Any fixed number: everyone who migrates or grants takes this lock, so that several hosts may start at once. */
export const MIGRATION_LOCK = 7_264_001
