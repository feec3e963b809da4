/** Before a plan and before a sync: open intents whose rows have moved on are settled, so that what a lost call made is neither lost nor made twice. */
import type { Row } from '#engine/model/json.ts'
import { describeCloudId, shownName } from '#engine/plan/natural-name.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import {
  closeIntent,
  loadOpenIntents,
  type OpenIntent,
  takeIntent,
} from '#postgres/statements/intent-open.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { indexReferences, readRow, referencesIn } from '../sync/row-references.ts'
import { stragglerMs } from './call-times.ts'
import { mapperOf } from './cloud-reader.ts'
import { companionScope } from './companion-scope.ts'
import { takeCompanions } from './companions.ts'
import { findMade } from './find-made.ts'
import { type Look, left, lookForNewcomer } from './look-for-newcomer.ts'
import { againAmong } from './made-again.ts'

interface Scope {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly signal: AbortSignal
  /** Tells the user. */
  notice?(message: string): void
}

/**
 * Keys of rows of which it is not known yet; a row that is as it was when the call was made is its next change's work,
 * unless that is one of the `pressing`.
 */
export async function settleIntents(
  scope: Scope,
  pressing: ReadonlySet<string> = new Set(),
): Promise<ReadonlySet<string>> {
  const { ports, tenant, tables } = scope
  const undecided = new Set<string>()
  for (const [table, intents] of Map.groupBy(await loadOpenIntents(ports.platform, tenant), tableOf)) {
    const type = tables.lookup.get(table) && tables.type(table)
    if (!type) continue
    const ids = intents.map((intent) => intent.row_id)
    const states = await loadStates(ports.platform, tenant, type, { kind: 'rows', ids })
    const byRow = new Map(states.map((state) => [state.rowId, state]))
    for (const intent of intents) {
      const state = byRow.get(intent.row_id)
      const isAsCalled = state?.editVersion === intent.edit_version && !intent.is_edited_again
      const key = resourceKey(table, intent.row_id)
      if (state?.desired && isAsCalled && !pressing.has(key)) continue
      const isDecided = await settle(scope, intent, state).catch((error: unknown) => {
        scope.signal.throwIfAborted()
        ports.log('warn', 'an open intent could not be looked up', { table, rowId: intent.row_id, error })
        return false
      })
      if (!isDecided) undecided.add(key)
    }
  }
  return undecided
}

export const undecidedNotice = (undecided: ReadonlySet<string>): readonly string[] =>
  undecided.size === 0
    ? []
    : [`${[...undecided].join(', ')}: it is not known yet what became of an earlier call; apply again later.`]

const tableOf = (intent: OpenIntent): string => intent.table_name

/** False: it was not seen, but may still come. */
async function settle(scope: Scope, intent: OpenIntent, state: LoadedState | undefined): Promise<boolean> {
  const { ports, tenant, tables, signal } = scope
  const type = tables.type(intent.table_name)
  const mapper = mapperOf(type)
  const place = { accountId: intent.account_id, region: intent.region }
  const provedMs = new Date(intent.deadline).getTime() + ports.cloud.settleMs(type.settleMs) + stragglerMs
  const lookedMs = ports.clock.now().getTime()
  const api = ports.cloud.api(mapper.client, placeOf(ports, place), signal)
  // The row has another one already: what was made to replace that is in the way.
  const isSurplus = (state?.cloudId ?? null) !== null
  const stands = Boolean(state?.desired) && !isSurplus
  const notice = scope.notice ?? ((message: string): void => ports.log('warn', message))
  const look = mapper.unmarked
    ? await lookForNewcomer(
        { ports, tenant, type, api, notice, isProved: lookedMs >= provedMs },
        intent,
        stands,
      )
    : lookOf(await findMade(mapper, intent, api))
  if (look.kind === 'decide') return true
  if (look.kind !== 'made') {
    if (look.kind === 'later' || lookedMs < provedMs) return false
    await closeIntent(ports.platform, tenant, intent)
    return true
  }
  const made = look.seen
  // Nobody wants it any more, and a name is no proof that it is ours to delete.
  if (!state?.desired && look.isMarked === false) {
    notice(left(intent, type, [describeCloudId(mapper.idOf(made))]))
    await closeIntent(ports.platform, tenant, intent)
    return true
  }
  const seen = mapper.toRow(made)
  const index = await indexReferences(ports.platform, tenant, referencesIn(seen))
  const observed: Row = readRow(type, seen, index, place).row
  const cloudId = mapper.idOf(made)
  await takeIntent(ports.platform, tenant, intent, {
    cloudId,
    observed,
    naturalName: shownName(type, observed, cloudId, index.nameOf) ?? '',
    isSurplus,
  })
  if (stands) {
    const again = await againAmong({ db: ports.platform, tenant, tables }, type, [intent.row_id])
    const parent = { type, cloudId, place, isAgain: again.has(intent.row_id) }
    await takeCompanions(companionScope({ ...scope, notice }), parent)
  }
  return true
}

const lookOf = (found: Awaited<ReturnType<typeof findMade>>): Look =>
  found ? { kind: 'made', ...found } : { kind: 'none' }
