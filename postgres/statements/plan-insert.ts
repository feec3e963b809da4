/** Stores a plan and its changes, to be looked at, applied or explained. */

import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, JsonObject, Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { jsonPages } from './paging.ts'

export async function insertPlan(
  db: Queryable,
  tenant: Tenant,
  plan: {
    readonly madeBy: string
    readonly mine: boolean
    readonly executionId: number | null
    readonly snapshot: string
  },
): Promise<number> {
  const rows = await db.query<{ plan_id: number }>(
    `INSERT INTO ${tenant.schema}.iasql_plan_record (made_by, mine, execution_id, snapshot)
     VALUES (:madeBy, :mine, :executionId::bigint, :snapshot::pg_snapshot) RETURNING plan_id`,
    { ...plan },
  )
  return Number(rows[0]?.plan_id)
}

/** Numbers for changes that are about to be inserted, so that they can name one another. */
export async function reserveChangeIds(
  db: Queryable,
  tenant: Tenant,
  count: number,
): Promise<readonly number[]> {
  // Nearly always one unbroken range: others draw numbers meanwhile, but seldom.
  const ranges = await db.query<{ first: number; last: number }>(
    `WITH sequence AS MATERIALIZED (
       SELECT pg_get_serial_sequence('${tenant.schema}.iasql_change_record', 'change_id')::regclass AS id),
     drawn AS MATERIALIZED (SELECT nextval(sequence.id) AS id FROM sequence, generate_series(1, :count::int))
     SELECT min(id) AS first, max(id) AS last
     FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS range FROM drawn) d GROUP BY range ORDER BY 1`,
    { count },
  )
  return ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at))
}

/** A row that a change refers to, as it was when it was planned. */
export interface ReferredRow {
  readonly table_name: string
  readonly row_id: number
  readonly name: string
  readonly edit_version: number
  readonly cloud_id: CloudId | null
  /** Whether the cloud had it. */
  readonly is_there: boolean
  /** Values of it that the change uses. */
  readonly used: Row
}

export interface ChangeBasis {
  readonly observed_version: number | null
  readonly refers: readonly ReferredRow[]
  /** By column that the cloud has otherwise than agreed. */
  readonly policies: Readonly<Record<string, string>>
}

export interface NewChange {
  readonly change_id: number
  readonly action: string
  readonly table_name: string
  readonly row_id: number
  readonly natural_name: string
  readonly cloud_id: CloudId | null
  readonly changed: JsonObject
  readonly reason: string
  readonly risk: string
  readonly unknown: readonly string[]
  readonly depends_on: readonly number[]
  /** What it needs besides, and which needs it too. */
  readonly circle: readonly number[]
  readonly calls: number
  readonly estimate_ms: number
  readonly actor: string | null
  readonly edited_at: string | null
  readonly edit_version: number
  readonly account_id: string | null
  readonly region: string | null
  /** Goes with its parent. */
  readonly companion: boolean
  /** What a preview rests on, to tell whether it is stale. */
  readonly basis: ChangeBasis | Readonly<Record<string, never>>
  readonly planned: Json
  readonly steps: Json
}

/** The invocation that claims; without a fence: nobody works on the execution yet. */
export interface Claimant {
  readonly executionId: number
  readonly fence: number | null
}

/** Locked, so that the execution cannot end, nor be taken over, before the claim is committed. */
const claimantSql = (t: string): string =>
  `SELECT x.execution_id FROM ${t}.iasql_execution_record x
   WHERE x.execution_id = :execution::bigint AND x.ended_at IS NULL AND x.fence = coalesce(:fence::bigint, 0) FOR SHARE`

/**
 * The changes that were stored. With an execution, those whose resource another one has claimed are not, and none are
 * once the execution has ended or another invocation has it.
 */
export async function insertChanges(
  db: Queryable,
  tenant: Tenant,
  input: {
    readonly planId: number
    readonly claimant: Claimant | null
    readonly changes: readonly NewChange[]
  },
): Promise<ReadonlySet<number>> {
  const { claimant } = input
  const owner = claimant ? claimantSql(tenant.schema) : 'SELECT NULL::bigint AS execution_id'
  const stored = new Set<number>()
  for (const { json } of jsonPages(input.changes)) {
    const rows = await db.query<{ change_id: number }>(
      `WITH owner AS MATERIALIZED (${owner})
       INSERT INTO ${tenant.schema}.iasql_change_record (change_id, plan_id, execution_id, action, table_name, row_id,
         natural_name, cloud_id, changed, reason, risk, unknown, depends_on, circle, calls, estimate_ms, actor, edited_at,
         edit_version, account_id, region, companion, basis, planned, steps)
       SELECT change_id, :plan::bigint, owner.execution_id, action, table_name, row_id, natural_name, cloud_id, changed,
         reason, risk, unknown, depends_on, circle, calls, estimate_ms, actor, edited_at, edit_version, account_id, region,
         companion, basis, planned, steps
       FROM owner, jsonb_to_recordset(:changes::jsonb) AS c (change_id bigint, action text, table_name text, row_id bigint,
         natural_name text, cloud_id jsonb, changed jsonb, reason text, risk text, unknown text[], depends_on bigint[], circle bigint[],
         calls int, estimate_ms int, actor text, edited_at timestamptz, edit_version bigint, account_id text,
         region text, companion boolean, basis jsonb, planned jsonb, steps jsonb)
       ON CONFLICT (table_name, row_id)
         WHERE execution_id IS NOT NULL AND ${isOpen()} DO NOTHING
       RETURNING change_id`,
      {
        plan: input.planId,
        changes: json,
        ...(claimant ? { execution: claimant.executionId, fence: claimant.fence } : {}),
      },
    )
    for (const row of rows) stored.add(row.change_id)
  }
  return stored
}
