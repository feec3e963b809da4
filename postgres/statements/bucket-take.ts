/** Tokens of shared buckets: a worker takes for everybody who waits with it at once, also what is refilled within a second. */
import type { Queryable } from '../database.ts'

export interface BucketName {
  readonly account_id: string
  /** Empty: of all regions. */
  readonly region: string
  readonly name: string
}

export interface BucketAsk extends BucketName {
  readonly capacity: number
  readonly per_second: number
  /** Calls that wait. */
  readonly wanted: number
  /** To be held besides, if there is enough at this moment. */
  readonly spare: number
}

/** The first of the tokens may be used after `wait_ms`, the others `gap_ms` apart; those that are there already, at once. */
export interface BucketGrant extends BucketName {
  readonly granted: number
  /** Tokens at the moment of asking; below zero, later ones were promised to others. */
  readonly tokens: number
  /** Milliseconds for one token, at the pace in force. */
  readonly gap_ms: number
}

const asked = `SELECT * FROM jsonb_to_recordset(:asks::jsonb) AS a (account_id text, region text, name text,
  capacity float8, per_second float8, wanted float8, spare float8)`

/** A throttled bucket gets back to its full pace within this time. */
const recoverySeconds = 60

/** Nobody is promised more than what a second refills, and nobody less than one token: workers take turns. */
const takeSql = `
  WITH a AS MATERIALIZED (${asked}),
  held AS MATERIALIZED (
    SELECT b.account_id, b.region, b.name, b.tokens, b.pace, b.filled_at, a.capacity, a.per_second, a.wanted, a.spare
    FROM iasql_platform.bucket b JOIN a USING (account_id, region, name)
    ORDER BY b.account_id, b.region, b.name FOR UPDATE OF b),
  timed AS MATERIALIZED (
    SELECT held.*, greatest(held.filled_at, clock_timestamp()) AS at FROM held),
  filled AS MATERIALIZED (
    SELECT timed.*, extract(epoch FROM at - filled_at)::float8 AS elapsed,
      least(capacity, tokens + extract(epoch FROM at - filled_at)::float8 * per_second * pace) AS level,
      least(1, pace + extract(epoch FROM at - filled_at)::float8 / ${recoverySeconds}) AS speed
    FROM timed),
  granted AS MATERIALIZED (
    SELECT filled.*, greatest(
        least(wanted, greatest(1, floor(greatest(level, 0) + per_second * speed))),
        least(wanted + spare, floor(level))) AS count
    FROM filled)
  UPDATE iasql_platform.bucket b
  SET tokens = g.level - g.count, filled_at = g.at, pace = g.speed
  FROM granted g WHERE b.account_id = g.account_id AND b.region = g.region AND b.name = g.name
  RETURNING b.account_id, b.region, b.name, g.count AS granted, g.level AS tokens,
    1000 / (g.per_second * g.speed) AS gap_ms`

const addSql = `
  INSERT INTO iasql_platform.bucket (account_id, region, name, tokens, filled_at)
  SELECT account_id, region, name, capacity, clock_timestamp() FROM (${asked}) a
  ORDER BY account_id, region, name
  ON CONFLICT (account_id, region, name) DO NOTHING`

/** In the order of the asks, which are of different buckets. */
export async function takeTokens(db: Queryable, asks: readonly BucketAsk[]): Promise<readonly BucketGrant[]> {
  const parameters = { asks: JSON.stringify(asks) }
  let grants = await db.query<BucketGrant>(takeSql, parameters)
  if (grants.length < asks.length) {
    const known = new Set(grants.map(keyOf))
    const missing = asks.filter((ask) => !known.has(keyOf(ask)))
    const others = { asks: JSON.stringify(missing) }
    await db.run(addSql, others)
    grants = [...grants, ...(await db.query<BucketGrant>(takeSql, others))]
  }
  const byKey = new Map(grants.map((grant) => [keyOf(grant), grant]))
  return asks.map((ask) => {
    const grant = byKey.get(keyOf(ask))
    if (!grant) throw new Error(`bucket ${keyOf(ask)} vanished`)
    return grant
  })
}

const keyOf = ({ account_id, region, name }: BucketName): string => `${account_id} ${region} ${name}`
