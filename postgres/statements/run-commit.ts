/** Whether a statement's transaction counts: its id is stored before COMMIT, its fate asked after a crash. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface NewCommit {
  readonly xid: string
  readonly actor: string
  readonly runId: string
  readonly fence: number
  readonly statement: number
  readonly tag: string
  readonly rowCount: number
  /** What it changes in the tenant's schema; null: nothing. */
  readonly commands: Json
}

/**
 * False when the run is not the caller's any more: then it must not commit. What the session has begun and not ended keeps
 * the edits together; whoever ends it waits until this is there.
 */
export async function insertCommit(
  db: Queryable,
  { schema: t }: Tenant,
  commit: NewCommit,
): Promise<boolean> {
  const count = await db.run(
    `INSERT INTO ${t}.iasql_commit (xid, actor, run_id, statement, tag, row_count, commands, transaction_id)
     SELECT :xid::xid8, :actor, r.run_id, :statement::int, :tag, :rowCount::bigint, :commands::jsonb,
       (SELECT x.transaction_id FROM ${t}.iasql_transaction x
        WHERE x.actor = :actor AND coalesce(x.connection_id, '') = coalesce(r.connection_id, '') AND x.state = 'open'
        FOR SHARE)
     FROM ${t}.iasql_run r
     WHERE r.run_id = :runId::uuid AND r.fence = :fence::bigint AND r.state = 'running' FOR UPDATE OF r`,
    { ...commit, commands: commit.commands === null ? null : JSON.stringify(commit.commands) },
  )
  return count === 1
}

/**
 * Whose edits those of a function are, which are no statement of its run: a crash decides nothing about it by them. False
 * when the run is not the runner's any more.
 */
export async function insertEditor(
  db: Queryable,
  { schema: t }: Tenant,
  editor: {
    readonly xid: string
    readonly actor: string
    readonly runId: string
    readonly connectionId: string | null
    readonly runner?: { readonly runId: string; readonly fence: number } | undefined
  },
): Promise<boolean> {
  const count = await db.run(
    `WITH held AS (
       SELECT run_id FROM ${t}.iasql_run
       WHERE run_id = :heldRunId::uuid AND fence = :fence::bigint AND state = 'running' FOR UPDATE)
     INSERT INTO ${t}.iasql_commit (xid, actor, run_id, statement, tag, row_count, transaction_id)
     SELECT :xid::xid8, :actor, :runId::uuid, ${noStatement}, '', 0,
       (SELECT x.transaction_id FROM ${t}.iasql_transaction x
        WHERE x.actor = :actor AND coalesce(x.connection_id, '') = coalesce(:connection::text, '') AND x.state = 'open'
        FOR SHARE)
     WHERE :heldRunId::uuid IS NULL OR EXISTS (SELECT FROM held)`,
    {
      xid: editor.xid,
      actor: editor.actor,
      runId: editor.runId,
      connection: editor.connectionId,
      heldRunId: editor.runner?.runId,
      fence: editor.runner?.fence,
    },
  )
  return count === 1
}

const noStatement = -1

/** Of the transaction that it is asked in. */
export async function ownTransactionId(transaction: Queryable): Promise<string> {
  const rows = await transaction.query<{ xid: string }>('SELECT pg_catalog.pg_current_xact_id()::text AS xid')
  return rows[0]?.xid ?? ''
}

export type TransactionFate = 'committed' | 'aborted' | 'in progress'

/** Null (too old to be known) counts as aborted: nothing was told to the client as committed. */
export async function transactionFate(db: Queryable, xid: string): Promise<TransactionFate> {
  const rows = await db.query<{ fate: TransactionFate | null }>(
    `SELECT pg_catalog.pg_xact_status(:xid::xid8) AS fate`,
    { xid },
  )
  return rows[0]?.fate ?? 'aborted'
}

export interface UndecidedCommit {
  readonly xid: string
  readonly statement: number
  readonly tag: string
  readonly row_count: number
  readonly actor: string
  readonly commands: Json
}

/** Transactions of a run whose statement never was reported complete. */
export async function undecidedCommits(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
): Promise<readonly UndecidedCommit[]> {
  return db.query<UndecidedCommit>(
    `SELECT c.xid::text AS xid, c.statement, c.tag, c.row_count, c.actor, c.commands FROM ${t}.iasql_commit c
     WHERE c.run_id = :runId::uuid AND c.statement <> ${noStatement} AND NOT EXISTS (
       SELECT FROM ${t}.iasql_event e WHERE e.run_id = c.run_id AND e.kind = 'complete'
         AND (e.body->>'statement')::int = c.statement)
     ORDER BY c.at`,
    { runId },
  )
}
