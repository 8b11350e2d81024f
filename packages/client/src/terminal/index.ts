/** What only programs for a terminal need: it does not run in a browser. */
export { openFile } from './open-file.ts'
export {
  createProgressDisplay,
  createTransferDisplay,
  formatBytes,
  type ProgressDisplay,
  type TransferDisplay,
} from './progress-display.ts'
export { renderTable, type TableOptions } from './render-table.ts'
