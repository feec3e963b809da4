/** 500 resources of the simulated service, six levels deep, and the least time that they need there. */
import { bucketOf } from '#engine/throttle/buckets.ts'
import { kinds } from '../test/support/simulated/kinds.ts'
import type { SimulatedLab } from '../test/support/simulated/lab.ts'

const networks = 20
const segments = 80
const gateways = 100
/** On each of the levels three to six, each server but the first ones with a partner of the level before. */
const servers = [100, 100, 60, 40]

export const resources = networks + segments + gateways + servers.reduce((sum, count) => sum + count, 0)

/** Milliseconds of a call on its way to the cloud and back, as for most interfaces of AWS. */
export const latency = { readMs: 60, writeMs: 300 }

export async function insertGraph({ user }: SimulatedLab): Promise<void> {
  await user.run(
    `INSERT INTO network (id, cidr) SELECT n, '10.' || n || '.0.0/16' FROM generate_series(1, ${networks}) n`,
  )
  await user.run(
    `INSERT INTO segment (id, network_id, cidr)
     SELECT n, 1 + n % ${networks}, '10.' || 1 + n % ${networks} || '.' || n || '.0/24'
     FROM generate_series(1, ${segments}) n`,
  )
  await user.run(
    `INSERT INTO gateway (segment_id) SELECT 1 + n % ${segments} FROM generate_series(1, ${gateways}) n`,
  )
  let made = 0
  for (const [level, count] of servers.entries()) {
    const partner = level === 0 ? 'NULL' : `${made} - n % ${servers[level - 1]}`
    await user.run(
      `INSERT INTO server (id, segment_id, peer_id, tags)
       SELECT ${made} + n, 1 + n % ${segments}, ${partner}, jsonb_build_object('Name', 'server-' || ${made} + n)
       FROM generate_series(1, ${count}) n`,
    )
    made += count
  }
}

interface Kind {
  readonly operation: string
  readonly count: number
  /** Calls that must have been answered before the first of these. */
  readonly levelsBefore: number
  /** From the answer of a call until its resource stands. */
  readonly pendingMs: number
}

const made: readonly Kind[] = [
  { operation: 'CreateNetwork', count: networks, levelsBefore: 0, pendingMs: kinds.network.pendingMs },
  { operation: 'CreateSegment', count: segments, levelsBefore: 1, pendingMs: kinds.segment.pendingMs },
  { operation: 'CreateGateway', count: gateways, levelsBefore: 2, pendingMs: kinds.gateway.pendingMs },
  {
    operation: 'CreateServer',
    count: servers.reduce((sum, count) => sum + count, 0),
    levelsBefore: 2,
    pendingMs: kinds.server.pendingMs,
  },
]

/** The longest chain: servers wait only for their partner's id. */
const criticalPathMs = Math.max(
  ...made.map(({ levelsBefore, pendingMs }) => (levelsBefore + 1) * latency.writeMs + pendingMs),
  (2 + servers.length) * latency.writeMs + kinds.server.pendingMs,
)

/** Until the last call of its kind may go out, with what comes before the first and after the last one. */
const bucketMs = ({ operation, count, levelsBefore, pendingMs }: Kind): number => {
  const { burst, refillPerSecond } = bucketOf('EC2', operation)
  const waitMs = (Math.max(0, count - burst) / refillPerSecond) * 1_000
  return levelsBefore * latency.writeMs + waitMs + latency.writeMs + pendingMs
}

export const leastMs = Math.max(criticalPathMs, ...made.map(bucketMs))
