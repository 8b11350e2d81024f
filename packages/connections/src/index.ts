export { BoundedClient } from './bounded-client.ts'
export { BoundedPool, type BoundedPoolConfig, POSTGRES_CONNECTION, POSTGRES_REQUESTS } from './bounded-pool.ts'
export { LIMITS } from './limits.ts'
export { sqlStateOfAnswer } from './postgres-errors.ts'
