/** Before a plan: what was written and could not be read before its execution ended is read now, so that its row is whole. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import {
  noteRead,
  noteTried,
  type UnreadResource,
  unreadResources,
} from '#postgres/statements/resource-unread.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadPolicy } from '../drift/load-policy.ts'
import { listedIds } from '../external/listed-ids.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import { mergeKnown } from '../sync/merge-known.ts'
import { placeOf } from '../sync/places.ts'
import { type SeenResource, seenResource } from '../sync/read-cloud.ts'
import { indexReferences, referencesIn } from '../sync/row-references.ts'
import type { SyncScope } from '../sync/sync-scope.ts'
import { isSettled } from '../sync/trust.ts'
import { companionScope } from './companion-scope.ts'
import { takeCompanions } from './companions.ts'
import { againAmong } from './made-again.ts'

interface Scope {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly signal: AbortSignal
}

/** Whoever plans holds the lease: the rest is read before a later plan. */
const budgetMs = 15_000
/** Resources whose companions are taken before it is noted that they are read. */
const atATime = 20

export async function readUnread(scope: Scope): Promise<void> {
  const { ports, tenant, tables } = scope
  const unread = await unreadResources(ports.platform, tenant)
  if (unread.length === 0) return
  const policy = await loadPolicy(ports.platform, tenant)
  const reading: SyncScope = {
    ...scope,
    ...{ db: ports.platform, listed: listedIds(), confirm: false, executionId: null, policy },
  }
  const inTime = AbortSignal.timeout(budgetMs)
  for (const group of Map.groupBy(unread, groupKey).values()) {
    if (inTime.aborted) return
    const [{ table_name: table, account_id: accountId, region }] = group as [UnreadResource]
    const type = tables.lookup.get(table) && tables.type(table)
    await noteTried(
      ports.platform,
      tenant,
      group.map((one) => one.resource_id),
    )
    if (type?.mapper)
      await readGroup(reading, { type, mapper: type.mapper, place: { accountId, region }, inTime }, group)
  }
}

const groupKey = ({ table_name: table, account_id: account, region }: UnreadResource): string =>
  canonicalJson([table, account, region])

interface Group {
  readonly type: ResourceType
  readonly mapper: Mapper
  readonly place: RowPlace
  /** Aborted when there is no more time. */
  readonly inTime: AbortSignal
}

/** What cannot be read stays unread: whoever plans next tries again, and a sync proves what is gone. */
async function readGroup(
  scope: SyncScope,
  { type, mapper, place, inTime }: Group,
  unread: readonly UnreadResource[],
): Promise<void> {
  const { ports, db, tenant, signal } = scope
  const ids = unread.map((one) => one.row_id)
  const states = await loadStates(db, tenant, type, { kind: 'rows', ids })
  const target = placeOf(ports, place)
  const calling = AbortSignal.any([signal, inTime])
  const startedAt = ports.clock.now()
  const found = await mapper
    .get(
      states.flatMap(({ cloudId }) => (cloudId ? [cloudId] : [])),
      ports.cloud.api(mapper.client, target, calling),
    )
    .catch((error: unknown) => {
      if (isOfCloud(error, calling) && !signal.aborted) return []
      throw error
    })
  const seen = new Map(found.map((one) => seenResource(mapper, one, target)).map((one) => [one.key, one]))
  const index = await indexReferences(
    db,
    tenant,
    [...seen.values()].flatMap(({ row }) => referencesIn(row)),
  )
  const shown = { seen: [...seen.values()], listed: new Set<string>(), unread: new Map() }
  const reading = { startedAt, ...shown, get: noMore }
  await mergeKnown(scope, { type, place }, { reading, states, seen, index })
  const read = states.filter(
    (state) =>
      state.cloudId && seen.has(canonicalJson(state.cloudId)) && isSettled(ports, type, startedAt, state),
  )
  const notice = (message: string): void => ports.log('warn', message)
  const asking = companionScope({ ...scope, signal: calling, notice })
  const again = await againAmong(
    scope,
    type,
    read.map(({ rowId }) => rowId),
  )
  const isWhole = async ({ cloudId, rowId }: LoadedState): Promise<boolean> => {
    try {
      if (cloudId) await takeCompanions(asking, { type, cloudId, place, isAgain: again.has(rowId) })
      return true
    } catch (error) {
      if (isOfCloud(error, calling) && !signal.aborted) return false
      throw error
    }
  }
  for (let from = 0; from < read.length && !inTime.aborted; from += atATime) {
    const whole: number[] = []
    for (const state of read.slice(from, from + atATime))
      if (!inTime.aborted && (await isWhole(state)))
        whole.push(...(state.resourceId ? [state.resourceId] : []))
    await noteRead(db, tenant, whole)
  }
}

/** It refused, or was not asked to the end because time was up. */
const isOfCloud = (error: unknown, calling: AbortSignal): boolean =>
  calling.aborted || (error instanceof IasqlError && error.blame === 'cloud')

const noMore = async (): Promise<readonly SeenResource[]> => []
