/** `node --import tsx tests/support/search-logs.ts DATA_DIR…`: ends with 1 where a log there holds what is private. */
import { searchLogs } from './private-text.ts'

await Promise.all(process.argv.slice(2).map(searchLogs))
