/** `iasql_create_review(title, description)`: the edits that are not applied yet, for somebody else to look at. */
import type { ReviewedChange } from '#engine/history/review-text.ts'
import { reviewSections } from '#engine/history/review-text.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { firstPendingChange, pendingEdits } from '#postgres/statements/edit-pending.ts'
import { describeChange } from '../plan/describe-change.ts'
import { storePreview } from '../plan/preview.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { ownTransaction, sessionOf } from '../transaction/session.ts'
import { tellHistory } from './read-history.ts'

/** Of the session's transaction, if it has one open, else all that an apply would take up. */
export async function createReview(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const [title, description] = call.arguments
  const { plan, notices } = await storePreview(ports, {
    tenant: call.tenant,
    actor: call.actor,
    connectionId: call.connectionId,
    mine: false,
    signal: AbortSignal.timeout(ports.defaults.budgetMs),
  })
  const sections = reviewSections({
    title: typeof title === 'string' && title.trim() !== '' ? title : 'Review',
    description: typeof description === 'string' ? description.trim() : '',
    statements: await pendingStatements(ports, call),
    changes: plan.changes.filter(({ companion }) => !companion).map(reviewed),
    notices,
  })
  return { kind: 'rows', rows: sections.map((section) => ({ ...section })) }
}

type Planned = Awaited<ReturnType<typeof storePreview>>['plan']['changes'][number]

const reviewed = (change: Planned): ReviewedChange => ({
  action: change.action,
  table: change.table,
  name: change.naturalName,
  description: describeChange(change),
  reason: change.reason,
  risk: change.risk,
  actor: change.actor,
  unknown: change.unknown,
})

async function pendingStatements(ports: Ports, call: RpcCall): Promise<readonly string[]> {
  const { tenant } = call
  const own = await ownTransaction(ports.platform, tenant, sessionOf(call))
  const edits = await pendingEdits(ports.platform, tenant, own)
  const pending = new Set(edits.map(({ xid, table, rowId }) => `${xid} ${resourceKey(table, rowId)}`))
  return await tellHistory(ports, {
    tenant,
    since: null,
    first: (db) => firstPendingChange(db, tenant),
    isTold: ({ xid, table, rowId }) => pending.has(`${xid} ${resourceKey(table, rowId ?? 0)}`),
  })
}
