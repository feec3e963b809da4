/** Topic `drift`: a sync has seen rows that differ from the cloud and stay as they are, and nobody knew. */

import type { ExecutionContext } from '../execution/execution-context.ts'
import { postNews, storeNews } from '../topics/publish.ts'

export async function publishDrift(
  { ports, tenant, execution }: Pick<ExecutionContext, 'ports' | 'tenant' | 'execution'>,
  table: string,
  rows: number,
): Promise<void> {
  if (rows === 0) return
  ports.count?.('DriftedRows', rows)
  const body = { table, rows, executionId: String(execution.execution_id) }
  const news = await ports.platform.transaction((transaction) =>
    storeNews(transaction, tenant, { topic: 'drift', events: [{ kind: 'found', body }] }),
  )
  await postNews(ports, tenant, news)
}
