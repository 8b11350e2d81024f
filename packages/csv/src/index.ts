export { FILE_START, type ReadPosition } from './block-reader.ts'
export { KNOWN_DELIMITERS } from './delimiter.ts'
export { readFirstRecords, type FirstRecord } from './first-records.ts'
export {
  HEAD_BYTES,
  inspectHead,
  refuseHead,
  type HeadInspection,
  type HeadResult,
  type DecisiveColumns,
} from './inspect-head.ts'
export { escapeGuards, guardForSpreadsheet, guardFormula, unguardCell } from './formula-guard.ts'
export { measureRecord, type RecordExtent } from './measure-record.ts'
export { readRecords, type ReadOptions } from './read-records.ts'
export type { RecordBlock } from './record-block.ts'
export type { RecordFault } from './record-framer.ts'
export { writeCsvRow, type WriteOptions } from './write-csv.ts'
export { readSepLine } from './sep-line.ts'
export { foldColumnName, trimCell } from './unseen.ts'
