/** Before a plan: open intents whose rows have moved on are settled, so that what a lost call made is neither lost nor made twice. */
import type { Row } from '#engine/model/json.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
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

interface Scope {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly signal: AbortSignal
}

/** Keys of rows of which it is not known yet; a row that is as it was when the call was made is its next change's work. */
export async function settleIntents(scope: Scope): Promise<ReadonlySet<string>> {
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
      if (state?.desired && isAsCalled) continue
      const isDecided = await settle(scope, intent, state).catch((error: unknown) => {
        scope.signal.throwIfAborted()
        ports.log('warn', 'an open intent could not be looked up', { table, rowId: intent.row_id, error })
        return false
      })
      if (!isDecided) undecided.add(resourceKey(table, intent.row_id))
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
  const made = await findMade(mapper, intent, api)
  if (made === undefined) {
    if (lookedMs < provedMs) return false
    await closeIntent(ports.platform, tenant, intent)
    return true
  }
  const seen = mapper.toRow(made)
  const index = await indexReferences(ports.platform, tenant, referencesIn(seen))
  const observed: Row = readRow(type, seen, index, place).row
  const cloudId = mapper.idOf(made)
  // The row has another one already: what was made to replace that is in the way.
  const isSurplus = (state?.cloudId ?? null) !== null
  await takeIntent(ports.platform, tenant, intent, {
    cloudId,
    observed,
    naturalName: naturalName(type, observed) ?? '',
    isSurplus,
  })
  const stands = state?.desired && !isSurplus
  const notice = (message: string): void => ports.log('warn', message)
  if (stands) await takeCompanions(companionScope({ ...scope, notice }), { type, cloudId, place })
  return true
}
