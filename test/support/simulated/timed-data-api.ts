/** The database on virtual time: it tells the time of the clock, and no time passes while it works. */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { DataApi } from '#postgres/data-api.ts'
import type { TestCluster } from '../cluster.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Real milliseconds after which a statement counts as waiting for a lock: others go on, and so does time. */
const usualPatienceMs = 80

/** Before `pg_catalog` on the path of the platform's role, so that SQL without a schema asks them. */
const timeSql = [
  'CREATE SCHEMA sim',
  'CREATE UNLOGGED TABLE sim.time (at timestamptz NOT NULL)',
  'INSERT INTO sim.time VALUES (pg_catalog.now())',
  `CREATE FUNCTION sim.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
     AS 'SELECT at FROM sim.time'`,
  `CREATE FUNCTION sim.now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
     AS 'SELECT at FROM sim.time'`,
  'GRANT USAGE ON SCHEMA sim TO PUBLIC',
  'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sim TO PUBLIC',
  'ALTER ROLE CURRENT_USER SET search_path = sim, pg_catalog, public',
]

export interface DatabaseTime {
  set(nowMs: number): Promise<void>
  close(): Promise<void>
}

/** To be called before anything else connects to the cluster. */
export async function openDatabaseTime({ connectionString }: TestCluster): Promise<DatabaseTime> {
  const client = new Client({ connectionString })
  client.on('error', () => {})
  await client.connect()
  for (const sql of timeSql) await client.query(sql)
  await client.query('SET synchronous_commit = off')
  return {
    async set(nowMs) {
      const values = [new Date(nowMs).toISOString()]
      await client.query({ name: 'time', text: 'UPDATE sim.time SET at = $1', values })
    },
    close: () => client.end(),
  }
}

/** One request after the other in the order in which they came, so that a run repeats; those that wait for a lock aside. */
export function timedDataApi(
  dataApi: DataApi,
  clock: VirtualClock,
  time: DatabaseTime,
  patienceMs = usualPatienceMs,
): DataApi {
  let last: Promise<void> = Promise.resolve()
  let toldMs = -1

  const tellTime = async (): Promise<void> => {
    if (clock.nowMs === toldMs) return
    toldMs = clock.nowMs
    await time.set(toldMs)
  }
  const inTurn = async <Result>(request: () => Promise<Result>): Promise<Result> => {
    const end = clock.hold()
    const before = last
    const turn = Promise.withResolvers<void>()
    last = turn.promise
    try {
      await before
      await tellTime()
      const patience = new AbortController()
      const answer = request()
      void delay(patienceMs, undefined, { signal: patience.signal }).then(
        () => {
          turn.resolve()
          end()
        },
        () => undefined,
      )
      return await answer.finally(() => patience.abort())
    } finally {
      turn.resolve()
      end()
    }
  }
  return {
    execute: (request) => inTurn(() => dataApi.execute(request)),
    begin: (login) => inTurn(() => dataApi.begin(login)),
    commit: (login, id) => inTurn(() => dataApi.commit(login, id)),
    rollback: (login, id) => inTurn(() => dataApi.rollback(login, id)),
  }
}
