/** Says once, to those who listen now and to those who ask later, that automatic mode waits for a preview. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { insertAuditErrorOnce } from '#postgres/statements/audit-error.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { postNews, storeNews } from '../topics/publish.ts'
import { unseenText } from './unseen-changes.ts'

interface UnseenOf {
  readonly executionId: number
  readonly changes: readonly PlannedChange[]
}

/** Of one event. */
const mostChanges = 100

export async function tellUnseen(
  ports: Ports,
  tenant: Tenant,
  { executionId, changes }: UnseenOf,
): Promise<void> {
  if (changes.length === 0) return
  const body = {
    executionId: String(executionId),
    waiting: changes.length,
    changes: changes.slice(0, mostChanges).map(({ action, table, naturalName, risk }) => ({
      ...{ action, table, row: naturalName, risk },
    })),
  }
  const editedAt = changes.flatMap((change) => change.editedAt ?? []).toSorted()
  const news = await ports.platform.transaction(async (transaction) => {
    const isNew = await insertAuditErrorOnce(transaction, tenant, {
      actor: 'iasql',
      message: unseenText(changes),
      since: editedAt.at(-1) ?? null,
    })
    if (!isNew) return []
    return await storeNews(transaction, tenant, { topic: 'executions', events: [{ kind: 'unseen', body }] })
  })
  await postNews(ports, tenant, news)
}
