/** The row whose unanswered create may have made just this: to adopt it is to say so. */
import type { CloudId } from '#engine/model/cloud.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import { type IntentKey, intentsAwaiting } from '#postgres/statements/intent-siblings.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import type { Adopting } from './adopting.ts'
import { beingApplied } from './refusals.ts'

interface Deciding {
  readonly state: LoadedState
  readonly intent: IntentKey
}

/** Undefined where none is there any more, and of a row that something else stands behind until it is replaced. */
export async function rowDeciding(
  { ports, tenant, type, place }: Adopting,
  id: CloudId,
): Promise<Deciding | undefined> {
  const at = { table: type.name, ...place }
  const intents = await intentsAwaiting(ports.platform, tenant, at, describeCloudId(id))
  if (intents.length === 0) return undefined
  const ids = intents.map((intent) => intent.row_id)
  const states = await loadStates(ports.platform, tenant, type, { kind: 'rows', ids })
  for (const intent of intents) {
    const state = states.find((one) => one.rowId === intent.row_id)
    if (!state?.desired || state.resourceId !== null) continue
    if (state.claimedBy !== null) throw beingApplied(type, state.rowId)
    return { state, intent }
  }
  return undefined
}
