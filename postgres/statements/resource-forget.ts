/** A row and its record go while the cloud keeps the resource; what AWS made along with it goes from here too. */

import type { CloudId } from '#engine/model/cloud.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { dropPoliciesOfGoneRows } from './drift-policy-drop.ts'
import { closed } from './intent-close.ts'
import { isOpen } from './open-change.ts'
import { refersSql } from './refers-sql.ts'
import { shortWaits } from './short-waits.ts'

export interface Forgettable {
  readonly table_name: string
  readonly row_id: number
  /** Null: nothing in the cloud stands behind the row. */
  readonly cloud_id: CloudId | null
  readonly account_id: string | null
  readonly region: string | null
  readonly natural_name: string | null
  readonly external: boolean
  /** The open execution that works on it. */
  readonly claimed_by: number | null
  readonly is_unsettled: boolean
}

/** The row and its companions, theirs too; the row itself first. */
export async function readForgettable(
  db: Queryable,
  tenant: Tenant,
  row: { readonly table: string; readonly rowId: number },
): Promise<readonly Forgettable[]> {
  const t = tenant.schema
  return await db.query<Forgettable>(
    `WITH RECURSIVE family AS (
       SELECT :table::text AS table_name, :row::bigint AS row_id, r.resource_id, 0 AS depth
       FROM (SELECT) one LEFT JOIN ${t}.iasql_resource r ON r.table_name = :table AND r.row_id = :row::bigint
       UNION ALL
       SELECT c.table_name, c.row_id, c.resource_id, f.depth + 1
       FROM family f JOIN ${t}.iasql_resource c ON c.companion_of = f.resource_id)
     SELECT f.table_name, f.row_id, r.cloud_id, r.account_id, r.region, r.natural_name,
       coalesce(r.external, false) AS external,
       (SELECT k.execution_id FROM ${t}.iasql_change_record k WHERE k.table_name = f.table_name AND k.row_id = f.row_id
         AND k.execution_id IS NOT NULL AND ${isOpen('k')}) AS claimed_by,
       EXISTS (SELECT FROM ${t}.iasql_intent i WHERE i.table_name = f.table_name AND i.row_id = f.row_id
         AND i.token IS NOT NULL AND i.candidates IS NULL) AS is_unsettled
     FROM family f LEFT JOIN ${t}.iasql_resource r USING (resource_id) ORDER BY f.depth, f.table_name, f.row_id`,
    { table: row.table, row: row.rowId },
  )
}

type Named = Pick<Forgettable, 'table_name' | 'row_id'>

const family = `jsonb_to_recordset(:family::jsonb) AS x (table_name text, row_id bigint)`

/** The first rows outside of the family that refer to it. */
export async function referrersOf(
  db: Queryable,
  tenant: Tenant,
  installed: readonly TableSpec[],
  going: readonly Named[],
): Promise<readonly Named[]> {
  const t = tenant.schema
  const tables = new Set(going.map((one) => one.table_name))
  const parts = installed.flatMap((other) =>
    Object.entries(other.columns).flatMap(([column, { reference }]) => {
      const to = reference && installed.find(({ name }) => name === unqualified(reference.table))
      if (!reference || !to || !tables.has(to.name)) return []
      return [
        `SELECT '${other.name}' AS table_name, c.id AS row_id FROM ${t}."${other.name}" c
           JOIN ${t}."${to.name}" q ON ${refersSql({ from: other, column, reference, to })}
           JOIN family x ON x.table_name = '${to.name}' AND x.row_id = q.id`,
      ]
    }),
  )
  const expressed = `SELECT e.table_name, e.row_id FROM ${t}.iasql_expression e
    JOIN family x ON x.table_name = e.target_table AND x.row_id = e.target_id`
  return await db.query<Named>(
    `WITH family AS (SELECT * FROM ${family}), referring AS (${[...parts, expressed].join(' UNION ')})
     SELECT r.table_name, r.row_id FROM referring r
     WHERE NOT EXISTS (SELECT FROM family x WHERE x.table_name = r.table_name AND x.row_id = r.row_id)
     ORDER BY 1, 2 LIMIT 21`,
    { family: JSON.stringify(going) },
  )
}

/** In one transaction, which others may be waiting for: what somebody holds locked is an error 55P03. */
export async function forgetResources(
  transaction: Queryable,
  tenant: Tenant,
  going: readonly Forgettable[],
  by: string,
): Promise<void> {
  const t = tenant.schema
  const parameters = { family: JSON.stringify(going) }
  const tables = [...new Set(going.map((one) => one.table_name))]
  await transaction.query(`SELECT 1 AS one FROM ${shortWaits}, ${noteAuthor}`)
  for (const table of tables) {
    const own = `WHERE id IN (SELECT x.row_id FROM ${family} WHERE x.table_name = :table)`
    await transaction.query(`SELECT id FROM ${t}."${table}" ${own} FOR UPDATE NOWAIT`, {
      ...parameters,
      table,
    })
    await transaction.run(`DELETE FROM ${t}."${table}" ${own}`, { ...parameters, table })
  }
  await transaction.run(
    `INSERT INTO ${t}.iasql_forgotten (table_name, cloud_id, natural_name, account_id, region, forgotten_by)
     SELECT r.table_name, r.cloud_id, r.natural_name, r.account_id, r.region, :by
     FROM ${t}.iasql_resource r JOIN ${family} USING (table_name, row_id) WHERE r.cloud_id IS NOT NULL
     ON CONFLICT DO NOTHING`,
    { ...parameters, by },
  )
  for (const relation of ['iasql_resource', 'iasql_edit']) {
    await transaction.run(
      `DELETE FROM ${t}.${relation} r USING ${family} WHERE r.table_name = x.table_name AND r.row_id = x.row_id`,
      parameters,
    )
  }
  // Nobody asks any more which of several it was.
  await transaction.run(
    `UPDATE ${t}.iasql_intent i SET ${closed} FROM ${family}
     WHERE i.table_name = x.table_name AND i.row_id = x.row_id AND i.token IS NOT NULL`,
    parameters,
  )
  await dropPoliciesOfGoneRows(transaction, tenant)
}
