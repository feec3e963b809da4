/** Rows whose cloud object is proved to be gone leave the table, unless somebody edited them or refers to them. */

import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Database } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'
import { refersSql } from './refers-sql.ts'
import { deleteRows, isLater, lockFreeRows } from './resource-free.ts'

const referrers = (t: string, type: TableSpec, installed: readonly TableSpec[]): readonly string[] =>
  installed
    .flatMap((other) =>
      Object.entries(other.columns).flatMap(([column, { reference }]) =>
        reference && unqualified(reference.table) === type.name
          ? [
              `EXISTS (SELECT FROM ${t}."${other.name}" c
               WHERE ${refersSql({ from: other, column, reference, to: type })}${other.name === type.name ? ' AND c.id <> q.id' : ''})`,
            ]
          : [],
      ),
    )
    .concat(isExpressed(t, type))

/** Texts and documents of rows refer to it too. */
const isExpressed = (t: string, type: TableSpec): string =>
  `EXISTS (SELECT FROM ${t}.iasql_expression x WHERE x.target_table = '${type.name}' AND x.target_id = q.id
     AND (x.table_name <> '${type.name}' OR x.row_id <> q.id))`

export interface Dropping {
  readonly type: TableSpec
  readonly installed: readonly TableSpec[]
  readonly ids: readonly number[]
  /** About the record `r`: what must still hold of it. */
  readonly condition?: string
  /** Whose own claims do not hold a row. */
  readonly executionId: number | null
}

/** The ids of the rows that went; the others stand because they are edited, claimed, locked or referred to. */
export async function dropRows(
  db: Database,
  tenant: Tenant,
  { type, installed, ids, condition = 'true', executionId }: Dropping,
): Promise<readonly number[]> {
  const isReferred = referrers(tenant.schema, type, installed).join(' OR ')
  const leaving = { table: type.name, condition: `${condition} AND NOT (${isReferred})`, executionId }
  const dropped: number[] = []
  for (const page of inPages(ids, 5_000)) {
    try {
      const free = await db.transaction(async (transaction) => {
        const found = await lockFreeRows(transaction, tenant, { ...leaving, ids: page })
        await deleteRows(transaction, tenant, type.name, found)
        return found
      })
      for (const id of free) dropped.push(id)
    } catch (error) {
      if (!isLater(error)) throw error
    }
  }
  return dropped
}
