export { readWorkbook, type ReadWorkbookOptions, type WorkbookRow, type WorkbookSource } from './read-workbook.ts'
export { WorkbookError } from './workbook-error.ts'
export { writeWorkbook } from './write-workbook.ts'
