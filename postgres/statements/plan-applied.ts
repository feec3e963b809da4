/** A preview is taken up by an apply: from now on its changes show what becomes of the apply's. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function noteApplied(
  transaction: Queryable,
  { schema: t }: Tenant,
  { previewId, planId }: { readonly previewId: number; readonly planId: number },
): Promise<void> {
  await transaction.run(
    `UPDATE ${t}.iasql_change_record c SET applied_as = d.change_id FROM ${t}.iasql_change_record d
     WHERE c.plan_id = :preview::bigint AND d.plan_id = :plan::bigint
       AND d.table_name = c.table_name AND d.row_id = c.row_id`,
    { preview: previewId, plan: planId },
  )
}
