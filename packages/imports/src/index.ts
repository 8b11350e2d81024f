export * from './load-reference.ts'
export * from './outcome-report.ts'
export * from './run-import.ts'
export * from './sweep.ts'
