/** The row of an adopted resource: the one that a user has inserted under its name, or a new one. */
import { projectionOf } from '#engine/merge/projection.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { usualValues } from '#engine/merge/usual-values.ts'
import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { shownName } from '#engine/plan/natural-name.ts'
import type { Queryable } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { decideIntent, type IntentKey } from '#postgres/statements/intent-siblings.ts'
import { bindRow } from '#postgres/statements/resource-bind.ts'
import { storeOwnership } from '#postgres/statements/resource-external.ts'
import { type FoundResource, findResources } from '#postgres/statements/resource-find.ts'
import { isLater } from '#postgres/statements/resource-free.ts'
import { importResources } from '#postgres/statements/resource-import.ts'
import { openCreates } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import { holdingLease } from '../plan/holding-lease.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import type { Adopting } from './adopting.ts'
import { described, held, inTheWay, leaving, underWay, unsure } from './refusals.ts'
import { rowAsking } from './row-asking.ts'
import { rowDeciding } from './row-deciding.ts'

export interface ToAdopt {
  readonly id: CloudId
  /** In words, for messages. */
  readonly name: string
  /** Absent: a row stood for it already. */
  readonly read?: { readonly observed: Row; readonly companionOf: number | null }
}

/** Under the lease of planning, so that no apply takes up the row or makes the resource meanwhile. */
export async function storeAdopted(adopting: Adopting, found: ToAdopt): Promise<number> {
  const { ports, tenant, type, signal } = adopting
  const rowId = await holdingLease(ports, tenant, signal, async (lease) => {
    const store = await storing(adopting, found)
    return await ports.platform.transaction(async (transaction) => {
      await lease.insist(transaction)
      return await store(transaction)
    })
  }).catch((error: unknown) => {
    const refused = databaseErrorOf(error)
    const isInTheWay = refused?.sqlstate.startsWith('23') || refused?.sqlstate === '55P03'
    throw isInTheWay ? inTheWay(`${found.name} cannot become a row: ${refused?.message}`) : error
  })
  await projectOutputs(ports.platform, tenant, type)
  return rowId
}

type Store = (transaction: Queryable) => Promise<number>

async function storing(adopting: Adopting, found: ToAdopt): Promise<Store> {
  const { ports, tenant, type, place } = adopting
  const standing = await describing(adopting, found.id)
  if (standing) return await takeOver(adopting, standing, found.name)
  const { read } = found
  if (!read) throw inTheWay(`the row of ${found.name} has gone meanwhile`)
  const deciding = await rowDeciding(adopting, found.id)
  if (deciding) return (transaction) => decide(transaction, adopting, { ...read, ...found, ...deciding })
  const { isMaking, unanswered } = await openCreates(ports.platform, tenant, { table: type.name, ...place })
  if (isMaking) throw underWay(type)
  if (unanswered.length > 0) throw unsure(type, unanswered)
  const asking = await rowAsking(adopting, read.observed)
  if (asking) return (transaction) => bind(transaction, adopting, { ...read, ...found, state: asking })
  return async (transaction) => {
    const made = await importResources(transaction, tenant, type, place, [
      {
        cloudId: found.id,
        row: read.observed,
        naturalName: shownName(type, read.observed, found.id),
        companionOf: read.companionOf,
      },
    ])
    if (made[0]) return made[0].row_id
    throw inTheWay(`${found.name} cannot become a row`)
  }
}

/** What stands for it here. */
export async function describing(
  { ports, tenant, type, place }: Adopting,
  id: CloudId,
): Promise<FoundResource | undefined> {
  const found = await findResources(ports.platform, tenant, [{ table_name: type.name, cloud_id: id }])
  return found.find((one) => one.account_id === place.accountId && one.region === place.region)
}

/** A row that was only read may become one's own. */
async function takeOver(
  { ports, tenant, type, notices }: Adopting,
  { row_id: rowId, resource_id: resourceId }: FoundResource,
  name: string,
): Promise<Store> {
  const [state] = await loadStates(ports.platform, tenant, type, { kind: 'rows', ids: [rowId] })
  if (!state?.isExternal) throw state?.desired ? described(type, name, rowId) : leaving(type, name, rowId)
  return async (transaction) => {
    await storeOwnership(transaction, tenant, [{ resource_id: resourceId, external: false, listed: true }])
    notices.push(`${name} was an external row; from now on it is managed here.`)
    return rowId
  }
}

interface ToBind {
  readonly id: CloudId
  readonly name: string
  readonly observed: Row
  readonly companionOf: number | null
  readonly state: LoadedState
}

/** Somebody has said which of several it is that an unanswered create has made. */
async function decide(
  transaction: Queryable,
  adopting: Adopting,
  found: ToBind & { readonly intent: IntentKey },
): Promise<number> {
  const rowId = await bind(transaction, adopting, found)
  await decideIntent(transaction, adopting.tenant, found.intent)
  return rowId
}

/** What the user left open or at its default is the cloud's to fill; what differs otherwise stays an edit for the next apply. */
async function bind(
  transaction: Queryable,
  { tenant, type, place }: Adopting,
  found: ToBind,
): Promise<number> {
  const { observed, state } = found
  const desired = state.desired ?? {}
  const agreed = Object.entries(observed).map(([column, value]): [string, Json] => [
    column,
    (desired[column] ?? null) === null && type.columns[column]?.nature === 'argument' ? null : value,
  ])
  const base = { ...Object.fromEntries(agreed), ...usualValues(type, desired) }
  const { write } = settleRow(type, { desired, base, observed })
  const binding = bindRow(transaction, tenant, {
    table: type.name,
    rowId: state.rowId,
    place,
    cloudId: found.id,
    naturalName: shownName(type, observed, found.id),
    companionOf: found.companionOf,
    base,
    observed,
    unprojected: projectionOf(write, desired),
  })
  const isBound = await binding.catch((error: unknown) => {
    if (isLater(error)) throw held(state.rowId, type)
    throw error
  })
  if (!isBound) {
    throw inTheWay(
      `row ${state.rowId} of ${type.name}, which asks for ${found.name}, has gone, or it or another row describes that meanwhile`,
    )
  }
  return state.rowId
}
