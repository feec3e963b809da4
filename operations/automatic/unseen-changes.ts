/** What automatic mode leaves alone: changes that may do harm and that nobody was shown as they are now. */
import type { JsonObject } from '#engine/model/json.ts'
import { automaticModeOf } from '#engine/model/setting.ts'
import { listed } from '#engine/plan/listed-names.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { previewedKeys } from '#postgres/statements/plan-previewed.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { titleOf } from '../plan/change-titles.ts'
import type { Ports } from '../ports.ts'

export interface Unseen {
  isUnseen(change: PlannedChange): boolean
  /** Without what goes along with its parent. */
  readonly changes: readonly PlannedChange[]
}

export const noneUnseen: Unseen = { isUnseen: () => false, changes: [] }

/** Whether somebody has to be shown it: something goes, is taken over, or stops working meanwhile. */
const isHarmful = ({ action, risk }: PlannedChange): boolean =>
  action === 'delete' || action === 'replace' || risk !== 'none'

/** `shownForMs`: a preview counts once people had so long to take the edit back. */
export async function unseenAmong(
  { platform, clock }: Ports,
  tenant: Tenant,
  { changes, shownForMs }: { readonly changes: readonly PlannedChange[]; readonly shownForMs: number },
): Promise<Unseen> {
  const harmful = changes.filter((change) => !change.companion && isHarmful(change))
  if (harmful.length === 0) return noneUnseen
  const shown = await previewedKeys(platform, tenant, {
    changes: harmful.map((change) => ({ ...change, changed: change.changed as unknown as JsonObject })),
    by: new Date(clock.now().getTime() - shownForMs),
  })
  const unseen = new Set(harmful.flatMap(({ key }) => (shown.has(key) ? [] : [key])))
  const byKey = new Map(changes.map((change) => [change.key, change]))
  // What came with its parent stays with it.
  const isUnseen = ({ key, companion, parent }: PlannedChange): boolean => {
    const above = companion && parent !== null ? byKey.get(parent) : undefined
    return unseen.has(key) || (above !== undefined && isUnseen(above))
  }
  return { isUnseen, changes: harmful.filter(({ key }) => unseen.has(key)) }
}

/** Before a preview is stored that shows them. */
export async function unseenBefore(
  ports: Ports,
  tenant: Tenant,
  changes: readonly PlannedChange[],
): Promise<Pick<Unseen, 'isUnseen'> & { readonly notices: readonly string[] }> {
  const settings = await loadSettings(ports.platform, tenant)
  if (automaticModeOf(settings) !== 'apply') return { ...noneUnseen, notices: [] }
  const unseen = await unseenAmong(ports, tenant, { changes, shownForMs: 0 })
  if (unseen.changes.length === 0) return { ...unseen, notices: [] }
  return {
    ...unseen,
    notices: [
      `Automatic mode applies ${listed(unseen.changes.map(titleOf))} because of this preview, ${settings.automaticDelay} seconds after it. Skip it in iasql_plan_choice, or take the edit back, to keep what is there.`,
    ],
  }
}

export const unseenNotice = (changes: readonly PlannedChange[]): readonly string[] =>
  changes.length === 0 ? [] : [unseenText(changes)]

export const unseenText = (changes: readonly PlannedChange[]): string =>
  `Automatic mode waits with ${listed(changes.map(titleOf))}: nobody has previewed it since it was edited. SELECT * FROM iasql_preview() shows it, and lets it go.`
