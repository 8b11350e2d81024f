import { collectDefaultMetrics, Registry } from 'prom-client'

/** Gauges whose names end like a counter's: promtool calls that an error, and the heap and handles say it better. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** A registry with the metrics of the process itself: processor, memory, event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  return registry
}
