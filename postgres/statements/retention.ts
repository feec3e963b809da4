/** What is deleted because it is old: each statement takes a bounded number of rows, so that a call stays short. */
import type { Database, Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface Retention {
  /** For runs with all they left, results of functions, notices and events of topics. */
  readonly days: number
  /** For the events of executions. */
  readonly executionDays: number
  /** For previews that nobody applied. */
  readonly previewDays: number
  /** For the audit log, and with it for the transactions that it is of. */
  readonly auditDays: number
  /** For values of secret columns that no row holds any more. */
  readonly secretDays: number
}

const before = (days: keyof Retention): string => `clock_timestamp() - make_interval(days => :${days}::int)`

/** Runs that are over, and those whose text never came whole. */
const oldRuns = (t: string): string =>
  `(SELECT run_id FROM ${t}.iasql_run WHERE ended_at < ${before('days')}
    UNION ALL SELECT run_id FROM ${t}.iasql_run
    WHERE ended_at IS NULL AND state = 'receiving' AND created_at < ${before('days')}) r`

/** `rows`: query for the ctid of the rows to go. */
const deletion = (table: string, rows: string): string =>
  `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(${rows} LIMIT :most::int))`

const ofOldRuns = (t: string, table: string): string =>
  deletion(`${t}.${table}`, `SELECT o.ctid FROM ${t}.${table} o JOIN ${oldRuns(t)} ON r.run_id = o.run_id`)

const olderThan = (table: string): string =>
  deletion(table, `SELECT ctid FROM ${table} WHERE at < ${before('days')}`)

/** A run goes last, when nothing of it is left. */
const emptyRuns = (t: string): string =>
  deletion(
    `${t}.iasql_run`,
    `SELECT o.ctid FROM ${t}.iasql_run o JOIN ${oldRuns(t)} ON r.run_id = o.run_id
     WHERE NOT EXISTS (SELECT FROM ${t}.iasql_event e WHERE e.run_id = o.run_id)
       AND NOT EXISTS (SELECT FROM ${t}.iasql_run_page p WHERE p.run_id = o.run_id)
       AND NOT EXISTS (SELECT FROM ${t}.iasql_run_part p WHERE p.run_id = o.run_id)`,
  )

/** Whoever edited a row is known by its commit until the edit is applied, and for as long as the audit log has it. */
const oldCommits = (t: string): string =>
  deletion(
    `${t}.iasql_commit`,
    `SELECT c.ctid FROM ${t}.iasql_commit c WHERE c.at < ${before('days')}
       AND NOT EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.xid = c.xid)
       AND NOT EXISTS (SELECT FROM ${t}.iasql_audit a WHERE a.xid = c.xid)
       AND NOT EXISTS (SELECT FROM ${t}.iasql_run u WHERE u.run_id = c.run_id AND u.ended_at IS NULL)`,
  )

/** An execution may be longer on its way than results are kept, and the statement that waits for it too. */
const oldResults = (t: string): string => `FROM ${t}.iasql_rpc_result o WHERE o.at < ${before('days')}
  AND NOT EXISTS (SELECT FROM ${t}.iasql_execution_record x WHERE x.context = o.context AND x.ended_at IS NULL)
  AND NOT EXISTS (SELECT FROM ${t}.iasql_run u WHERE u.ended_at IS NULL AND u.memory->>'context' = o.context::text)`

const oldResultRows = (t: string): string =>
  deletion(
    `${t}.iasql_rpc_result_row`,
    `SELECT line.ctid FROM ${t}.iasql_rpc_result_row line WHERE line.result_id IN (SELECT o.result_id ${oldResults(t)})`,
  )

const emptyResults = (t: string): string =>
  deletion(
    `${t}.iasql_rpc_result`,
    `SELECT o.ctid ${oldResults(t)}
     AND NOT EXISTS (SELECT FROM ${t}.iasql_rpc_result_row line WHERE line.result_id = o.result_id)`,
  )

const executionEvents = (t: string): string =>
  deletion(
    `${t}.iasql_event`,
    `SELECT e.ctid FROM ${t}.iasql_event e JOIN ${t}.iasql_execution_record x ON x.execution_id = e.execution_id
     WHERE x.ended_at < ${before('executionDays')}`,
  )

/**
 * What an open transaction has edited, and others in the same rows since, it has to find when it ends; so has the plan. The
 * oldest go first: of a transaction without its beginning nothing is reverted.
 */
const oldAudit = (t: string): string =>
  deletion(
    `${t}.iasql_audit`,
    `WITH open AS MATERIALIZED (
       SELECT x.transaction_id FROM ${t}.iasql_transaction x WHERE x.state IN ('open', 'committing')),
     held AS MATERIALIZED (
       SELECT c.xid FROM open JOIN ${t}.iasql_commit c USING (transaction_id)
       UNION SELECT e.xid FROM ${t}.iasql_edit e),
     edited AS MATERIALIZED (
       SELECT DISTINCT o.table_name, o.row_id FROM open JOIN ${t}.iasql_commit c USING (transaction_id)
       JOIN ${t}.iasql_audit o ON o.xid = c.xid WHERE o.row_id IS NOT NULL)
     SELECT a.ctid FROM ${t}.iasql_audit a WHERE a.ts < ${before('auditDays')}
       AND NOT EXISTS (SELECT FROM held WHERE held.xid = a.xid)
       AND NOT EXISTS (SELECT FROM open WHERE open.transaction_id = a.transaction_id)
       AND NOT EXISTS (
         SELECT FROM edited WHERE edited.table_name = a.table_name AND edited.row_id = a.row_id)
     ORDER BY a.id`,
  )

/** Of a transaction that is over the record goes with the last that the audit log has of it. */
const oldTransactions = (t: string): string =>
  deletion(
    `${t}.iasql_transaction`,
    `SELECT x.ctid FROM ${t}.iasql_transaction x
     WHERE x.state NOT IN ('open', 'committing') AND x.closed_at < ${before('auditDays')}
       AND NOT EXISTS (SELECT FROM ${t}.iasql_audit a WHERE a.transaction_id = x.transaction_id)
       AND NOT EXISTS (SELECT FROM ${t}.iasql_commit c WHERE c.transaction_id = x.transaction_id)`,
  )

/**
 * Previews that nobody applied go whole. One that an open transaction chooses from, or has chosen
 * from, goes another time.
 */
const oldPlans = (t: string): string =>
  `WITH old AS MATERIALIZED (
     SELECT p.plan_id FROM ${t}.iasql_plan_record p
     WHERE p.execution_id IS NULL AND p.made_at < ${before('previewDays')}
     LIMIT :plans::int FOR UPDATE SKIP LOCKED),
   free AS MATERIALIZED (
     SELECT c.plan_id, c.change_id FROM ${t}.iasql_plan_choice c JOIN old USING (plan_id) FOR UPDATE OF c SKIP LOCKED)
   DELETE FROM ${t}.iasql_plan_record p USING old WHERE p.plan_id = old.plan_id AND NOT EXISTS (
     SELECT FROM ${t}.iasql_plan_choice c WHERE c.plan_id = p.plan_id
       AND (c.plan_id, c.change_id) NOT IN (SELECT f.plan_id, f.change_id FROM free f))`

/** A guess at how many changes a plan takes along. */
const changesOfPlan = 50

/** In the order in which they have to be run, each until it finds less than it may take. */
const deletions = (t: string): readonly string[] => [
  ofOldRuns(t, 'iasql_event'),
  ofOldRuns(t, 'iasql_run_page'),
  ofOldRuns(t, 'iasql_run_part'),
  emptyRuns(t),
  oldCommits(t),
  olderThan(`${t}.iasql_notice`),
  oldResultRows(t),
  emptyResults(t),
  olderThan(`${t}.iasql_topic_event`),
  executionEvents(t),
  oldAudit(t),
  oldTransactions(t),
]

export interface Purge {
  /** Deletes about `most` rows; whether there may be more. */
  run(most: number): Promise<boolean>
}

/** SQLSTATE of what these end with when a tenant has locked a table of its own that they look at. */
export const lockedByTenant = '55P03'

/** A table that a tenant may write it may also lock, for as long as it likes. */
const withShortWaits = <Result>(
  db: Database,
  work: (transaction: Queryable) => Promise<Result>,
): Promise<Result> =>
  db.transaction(async (transaction) => {
    await transaction.run("SET LOCAL lock_timeout = '500ms'")
    return await work(transaction)
  })

export const expiredRows = (db: Database, { schema: t }: Tenant, retention: Retention): readonly Purge[] => [
  ...deletions(t).map((sql) => ({
    run: async (most: number) => (await db.run(sql, { ...onlyUsed(sql, retention), most })) >= most,
  })),
  {
    run: async (most) => {
      const plans = Math.ceil(most / changesOfPlan)
      const old = { plans, previewDays: retention.previewDays }
      return (await withShortWaits(db, (transaction) => transaction.run(oldPlans(t), old))) >= plans
    },
  },
  {
    run: async (most) => {
      const { secretDays: days } = retention
      const sql = `SELECT ${t}.iasql_purge_secrets(make_interval(days => :days::int), :most::int) AS count`
      const [gone] = await withShortWaits(db, (transaction) =>
        transaction.query<{ count: number }>(sql, { days, most }),
      )
      return (gone?.count ?? 0) >= most
    },
  },
  {
    run: async (most) => {
      const sql = `SELECT ${t}.iasql_purge_content(:most::int) AS count`
      const [gone] = await withShortWaits(db, (transaction) =>
        transaction.query<{ count: number }>(sql, { most }),
      )
      return (gone?.count ?? 0) >= most
    },
  },
]

/** Each text has one of the ages. */
const onlyUsed = (sql: string, retention: Retention): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(retention).filter(([name]) => sql.includes(`:${name}::`)))
