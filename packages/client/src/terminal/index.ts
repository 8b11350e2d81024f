/** What only programs for a terminal need: it does not run in a browser. */
export { formatBytes } from './format-bytes.ts'
export { openFile } from './open-file.ts'
export {
  createProgressDisplay,
  createTransferDisplay,
  type ProgressDisplay,
  type TransferDisplay,
} from './progress-display.ts'
export { renderTable, type TableOptions } from './render-table.ts'
