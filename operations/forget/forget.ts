/**
 * `iasql_forget`: rows go and their resources stay; sync leaves them alone from then on. All that one statement forgets
 * goes in one transaction, in which the caller notes that the statement counts, so that after a crash both are true or
 * neither is. No transaction of the tenant's may be open: the lease is waited for. The cloud comes last.
 */
import type { IasqlError } from '#engine/model/error.ts'
import type { Queryable } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { type Forgettable, forgetResources } from '#postgres/statements/resource-forget.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { holdingLease } from '../plan/holding-lease.ts'
import type { Ports } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'
import { familyOf, type GoingRow, named, refuseReferred, writable } from './forgettable.ts'
import { letGo } from './let-go.ts'

export interface ForgetRequest {
  readonly tenant: Tenant
  readonly rows: readonly GoingRow[]
  readonly actor: string
  /** Notes, in the transaction that forgets, that it does. */
  note(transaction: Queryable): Promise<void>
}

/** How long planners are waited for. */
const patienceMs = 20_000

type Going = readonly (readonly [type: ReturnType<typeof writable>, family: readonly Forgettable[]])[]

/** Refuses what cannot be forgotten now; nothing is changed. */
export async function checkForget(
  ports: Ports,
  request: Pick<ForgetRequest, 'tenant' | 'rows'>,
): Promise<void> {
  await goingOf(ports, request)
}

/** Under the lease of planning, so that no apply takes up a row meanwhile. The notices of what is forgotten. */
export async function forget(ports: Ports, request: ForgetRequest): Promise<readonly string[]> {
  const { tenant, rows, actor } = request
  const signal = AbortSignal.timeout(patienceMs)
  const going = await holdingLease(ports, tenant, signal, async (lease) => {
    const now = await goingOf(ports, request)
    await ports.platform.transaction(async (transaction) => {
      await lease.insist(transaction)
      await forgetResources(transaction, tenant, membersOf(now), actor)
      await request.note(transaction)
    })
    return now
  }).catch((error: unknown) => {
    throw refusalOf(rows, error, signal) ?? error
  })
  const told = await Promise.all(
    going.map(async ([type, [first]]) => (first ? await letGo(ports, type, first) : [])),
  )
  return told.flat()
}

async function goingOf(
  ports: Ports,
  { tenant, rows }: Pick<ForgetRequest, 'tenant' | 'rows'>,
): Promise<Going> {
  const tables = await loadInstalledTables(ports, tenant)
  const going: Going[number][] = []
  for (const { table, rowId } of rows) {
    const type = writable(tables, table)
    going.push([type, await familyOf({ ports, tenant, tables, type, rowId })])
  }
  await refuseReferred({ ports, tenant, tables }, rows, membersOf(going))
  return going
}

const membersOf = (going: Going): readonly Forgettable[] => {
  const members = going.flatMap(([, family]) => family)
  return [...new Map(members.map((one) => [`${one.table_name}/${one.row_id}`, one])).values()]
}

function refusalOf(rows: readonly GoingRow[], error: unknown, signal: AbortSignal): IasqlError | undefined {
  const again = 'Forget it when that has ended.'
  if (signal.aborted && error instanceof Error && error.name === 'AbortError') {
    return refusal('55P03', `${named(rows)} cannot be forgotten now: an apply is being planned`, again)
  }
  const sqlstate = databaseErrorOf(error)?.sqlstate
  if (sqlstate === '55P03') return refusal(sqlstate, `${named(rows)} is locked by a transaction`, again)
  return sqlstate === '23503'
    ? refusal(
        sqlstate,
        `${named(rows)} cannot be forgotten: another row refers to it by now`,
        'Run it again to see which.',
      )
    : undefined
}
