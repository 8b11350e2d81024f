import { drawLineChart } from './line-chart.ts'
import type { Results } from './read-results.ts'
import { drawStackedBars } from './stacked-bars.ts'

export interface Picture {
  readonly file: string
  readonly caption: string
  readonly svg: string
}

const COLORS = { ours: '#2f6fb0', psql: '#e08a1e', createMany: '#4a9b5b', rowByRow: '#b9473f' }

/** What can be drawn of the results that there are. */
export function drawPictures(results: Results): Picture[] {
  return [drawRates(results), drawMemory(results), drawTime(results)].filter((picture) => picture !== null)
}

function drawRates(results: Results): Picture | null {
  const found = results.find('import')
  if (found === undefined) return null
  const cells = found.suite.cells.filter(
    (cell) => cell.bad_percent === 0 && cell.preloaded_rows === 0 && cell.by === 'couponCode and mobile',
  )
  const sizes = results.find('peers')?.suite.sizes ?? []
  return {
    file: 'rows-per-second.svg',
    caption: 'Rows per second against the size of the file',
    svg: drawLineChart({
      title: 'Rows per second against the size of the file',
      xTitle: 'rows in the file',
      yTitle: 'rows per second, from the answer to COMPLETED',
      yScale: 'logarithmic',
      series: [
        {
          name: 'this importer',
          color: COLORS.ours,
          points: cells.map((cell) => [cell.rows, cell.ours_rows_per_second]),
        },
        {
          name: 'psql by hand',
          color: COLORS.psql,
          points: cells.map((cell) => [cell.rows, cell.psql_rows_per_second]),
        },
        {
          name: 'findMany, createMany',
          color: COLORS.createMany,
          points: sizes.map((size) => [size.rows, size.create_many_rows_per_second]),
        },
        {
          name: 'row by row',
          color: COLORS.rowByRow,
          points: sizes.map((size) => [size.rows, size.row_by_row_rows_per_second]),
        },
      ],
    }),
  }
}

function drawMemory(results: Results): Picture | null {
  const found = results.find('memory')
  if (found === undefined) return null
  const { runs } = found.suite
  const title = 'Resident memory of the worker against the size of the file'
  return {
    file: 'memory.svg',
    caption: title,
    svg: drawLineChart({
      title,
      xTitle: 'rows in the file',
      yTitle: 'MiB',
      yScale: 'linear',
      series: [
        { name: 'at its peak', color: COLORS.ours, points: runs.map((run) => [run.rows, run.peak_mb]) },
        { name: 'before it began', color: COLORS.psql, points: runs.map((run) => [run.rows, run.idle_mb]) },
      ],
    }),
  }
}

function drawTime(results: Results): Picture | null {
  const profile = results.find('import')?.suite.where_time_goes ?? null
  if (profile === null) return null
  const { worker, connections, seconds, partitions, rows } = profile
  const busy = worker.read + worker.map + worker.rest
  const title = `Where the time goes: ${rows.toLocaleString('en-US')} rows in ${seconds.toFixed(1)} s`
  return {
    file: 'where-time-goes.svg',
    caption: title,
    svg: drawStackedBars({
      title,
      unit: 's',
      bars: [
        {
          name: 'worker',
          parts: [
            { name: 'read', value: worker.read },
            { name: 'map', value: worker.map },
            { name: 'batches, driver, GC', value: worker.rest },
            { name: 'waiting for the database', value: Math.max(0, seconds - busy) },
          ],
        },
        {
          name: `${partitions} connections`,
          parts: [
            { name: 'computing, or waiting for a core', value: connections.computing },
            { name: 'data files', value: connections.data_io },
            { name: 'commit (log)', value: connections.commit },
            { name: 'locks', value: connections.locks },
            { name: 'waiting for the worker', value: connections.idle },
          ],
        },
      ],
    }),
  }
}
