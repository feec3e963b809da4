/** Rows that come back say what the cloud has given the resources that their records still stand for. */
import { outputColumns } from '#engine/model/table.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import { storeReturned } from '#postgres/statements/resource-returned.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { Weighed } from './weigh-edits.ts'

/** Once the rows are committed: no user's login may write outputs. What somebody holds by then gets them by the sweep. */
export async function giveOutputsBack(
  { platform }: Ports,
  tenant: Tenant,
  weighed: readonly Weighed[],
): Promise<void> {
  const returned = weighed.filter(({ restoration: { kind } }) => kind === 'insert')
  for (const [type, rows] of Map.groupBy(returned, (one) => one.type)) {
    const outputs = outputColumns(type)
    const ids = rows.map(({ net: { rowId } }) => rowId)
    const due = await storeReturned(platform, tenant, { table: type.name, outputs, ids })
    if (due > 0) await projectOutputs(platform, tenant, type)
  }
}
