/** Resources whose cloud object is proved to be gone and whose rows nobody has edited. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting } from './paging.ts'

export interface AbsentResource {
  readonly resource_id: number
  readonly row_id: number
  readonly cloud_id: CloudId | null
  readonly natural_name: string | null
  readonly base: Row | null
}

export async function absentResources(
  db: Queryable,
  tenant: Tenant,
  table: string,
): Promise<readonly AbsentResource[]> {
  const t = tenant.schema
  const found: AbsentResource[] = []
  let after = 0
  for (;;) {
    const page = await db.query<AbsentResource>(
      fitting(`SELECT r.resource_id AS sort, r.resource_id, r.row_id, r.cloud_id, r.natural_name, r.base
        FROM ${t}.iasql_resource r
        WHERE r.table_name = :table AND r.observed IS NULL AND r.base IS NOT NULL AND r.resource_id > :after::bigint
          AND NOT EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = r.table_name AND e.row_id = r.row_id)
          AND NOT EXISTS (SELECT FROM ${t}.iasql_change_record c
            WHERE c.table_name = r.table_name AND c.row_id = r.row_id AND c.execution_id IS NOT NULL
              AND c.state IN ('pending', 'started', 'waiting'))
        ORDER BY r.resource_id LIMIT 2000`),
      { table, after },
    )
    if (page.length === 0) return found
    found.push(...page)
    after = page.at(-1)?.resource_id ?? after
  }
}
