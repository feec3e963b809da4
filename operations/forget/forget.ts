/** `iasql_forget`: a row goes and its resource stays, with nothing of ours on it; sync leaves it alone from then on. */
import { IasqlError } from '#engine/model/error.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import {
  type Forgettable,
  forgetResources,
  readForgettable,
  referrersOf,
} from '#postgres/statements/resource-forget.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { holdingLease } from '../adopt/holding-lease.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { namedTable } from '../install/named-table.ts'
import { loadStates } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'
import { placeOf } from '../sync/places.ts'

export interface ForgetRequest {
  readonly tenant: Tenant
  readonly table: string
  readonly rowId: number
  readonly actor: string
  readonly signal: AbortSignal
}

export interface Forgotten {
  readonly notices: readonly string[]
}

/** Refuses what cannot be forgotten now; nothing is changed. */
export async function checkForget(ports: Ports, { tenant, table, rowId }: ForgetRequest): Promise<void> {
  const tables = await loadInstalledTables(ports, tenant)
  await forgettable({ ports, tenant, tables, type: writable(tables, table), rowId })
}

/** Under the lease of planning, so that no apply takes up the row meanwhile. */
export async function forget(ports: Ports, request: ForgetRequest): Promise<Forgotten> {
  const { tenant, rowId, actor, signal } = request
  const tables = await loadInstalledTables(ports, tenant)
  const type = writable(tables, request.table)
  const going = await holdingLease(ports, tenant, signal, async (lease) => {
    const family = await forgettable({ ports, tenant, tables, type, rowId })
    await ports.platform
      .transaction(async (transaction) => {
        await lease.insist(transaction)
        await forgetResources(transaction, tenant, family, actor)
      })
      .catch((error: unknown) => {
        throw inUse(type, rowId, error) ?? error
      })
    return family
  })
  const [first] = going
  return { notices: first ? await letGo(ports, type, first, signal) : [] }
}

function writable(tables: InstalledTables, name: string): ResourceType {
  const type = namedTable(tables, name)
  if (type.mapper && type.access !== 'read') return type
  throw refusal(
    '42501',
    `${type.name} is only read: its rows come and go by themselves`,
    'Leave it as it is.',
  )
}

interface Forgetting {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly type: ResourceType
  readonly rowId: number
}

async function forgettable({
  ports,
  tenant,
  tables,
  type,
  rowId,
}: Forgetting): Promise<readonly Forgettable[]> {
  const db = ports.platform
  const [state] = await loadStates(db, tenant, type, { kind: 'rows', ids: [rowId] })
  if (!state) {
    throw refusal('P0002', `${type.name} has no row ${rowId}`, `SELECT id FROM ${type.name} lists its rows.`)
  }
  const family = await readForgettable(db, tenant, { table: type.name, rowId })
  const held = family.find((one) => one.claimed_by !== null || one.is_unsettled)
  if (held) {
    const holder =
      held.claimed_by === null
        ? 'a call of it is not answered yet'
        : `execution ${held.claimed_by} works on it`
    throw refusal(
      '55P03',
      `row ${held.row_id} of ${held.table_name} cannot be forgotten now: ${holder}`,
      'Wait for it to end, or apply again so that the call is settled: SELECT * FROM iasql_execution.',
    )
  }
  if (state.companionOf !== null) {
    throw new IasqlError(
      'apply/protected',
      `row ${rowId} of ${type.name} goes with what AWS made it along with`,
      {
        hint: 'Forget that one instead; this goes along.',
      },
    )
  }
  const referring = await referrersOf(db, tenant, tables.types, family)
  if (referring.length > 0) {
    const names = referring.slice(0, 20).map((one) => `row ${one.row_id} of ${one.table_name}`)
    const more = referring.length > 20 ? ' and more' : ''
    throw refusal(
      '23503',
      `row ${rowId} of ${type.name} cannot be forgotten: ${names.join(', ')}${more} refer to it`,
      'Forget or delete those first, or point them elsewhere.',
    )
  }
  return family
}

function inUse(type: ResourceType, rowId: number, error: unknown): IasqlError | undefined {
  const sqlstate = databaseErrorOf(error)?.sqlstate
  const name = `row ${rowId} of ${type.name}`
  if (sqlstate === '55P03') {
    return refusal(sqlstate, `${name} is locked by a transaction`, 'Forget it when that has ended.')
  }
  return sqlstate === '23503'
    ? refusal(
        sqlstate,
        `${name} cannot be forgotten: another row refers to it by now`,
        'Run it again to see which.',
      )
    : undefined
}

/** Its own tags go, if that can be done; nothing else in the cloud is touched. */
async function letGo(
  ports: Ports,
  type: ResourceType,
  gone: Forgettable,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { cloud_id: id, external } = gone
  if (id === null) return []
  const name = describeCloudId(id)
  const notices = [
    `${type.name} ${name} stays in the cloud; a sync leaves it alone until iasql_adopt('${type.name}', '${name}').`,
  ]
  if (external || !type.mapper?.untag) return notices
  const place = placeOf(ports, { accountId: gone.account_id, region: gone.region })
  try {
    await type.mapper.untag([id], ports.cloud.api(type.mapper.client, place, signal))
    return notices
  } catch (error) {
    if (!(error instanceof IasqlError)) throw error
    return [...notices, `The tags iasql:… of ${type.name} ${name} could not be removed: ${error.message}`]
  }
}
