/** What may be forgotten now, and why the rest may not. */
import { IasqlError } from '#engine/model/error.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type Forgettable, readForgettable, referrersOf } from '#postgres/statements/resource-forget.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { namedTable } from '../install/named-table.ts'
import { loadStates } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'

export function writable(tables: InstalledTables, name: string): ResourceType {
  const type = namedTable(tables, name)
  if (type.mapper && type.access !== 'read') return type
  throw refusal(
    '42501',
    `${type.name} is only read: its rows come and go by themselves`,
    'Leave it as it is.',
  )
}

export interface Forgetting {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly type: ResourceType
  readonly rowId: number
}

/** The row itself first, then what goes along with it. */
export async function familyOf({ ports, tenant, type, rowId }: Forgetting): Promise<readonly Forgettable[]> {
  const db = ports.platform
  // First: who works on it. An apply that ends in between has taken the row away by the time that is looked for.
  const family = await readForgettable(db, tenant, { table: type.name, rowId })
  const [state] = await loadStates(db, tenant, type, { kind: 'rows', ids: [rowId] })
  if (!state) {
    throw refusal('P0002', `${type.name} has no row ${rowId}`, `SELECT id FROM ${type.name} lists its rows.`)
  }
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
  return family
}

export interface GoingRow {
  readonly table: string
  readonly rowId: number
}

export const named = (rows: readonly GoingRow[]): string =>
  rows
    .slice(0, 5)
    .map(({ table, rowId }) => `row ${rowId} of ${table}`)
    .join(', ') + (rows.length > 5 ? ', …' : '')

export async function refuseReferred(
  { ports, tenant, tables }: Pick<Forgetting, 'ports' | 'tenant' | 'tables'>,
  rows: readonly GoingRow[],
  going: readonly Forgettable[],
): Promise<void> {
  const referring = await referrersOf(ports.platform, tenant, tables.types, going)
  if (referring.length > 0) {
    const names = referring.slice(0, 20).map((one) => `row ${one.row_id} of ${one.table_name}`)
    const more = referring.length > 20 ? ' and more' : ''
    throw refusal(
      '23503',
      `${named(rows)} cannot be forgotten: ${names.join(', ')}${more} refer to it`,
      'Forget or delete those first, or point them elsewhere.',
    )
  }
}
