/** Which of the planned changes an apply is to do: those of a preview that was chosen from, one's own, or all. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { endedKeys } from '#postgres/statements/change-load.ts'
import { heldKeys } from '#postgres/statements/execution-held.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import {
  choiceNotice,
  movedNotice,
  othersNotice,
  ownChanges,
  stuckNotice,
  withNeeded,
} from '../plan/left-out.ts'
import {
  findMoved,
  isToDo,
  movedLines,
  type PreviewedPlan,
  readPreview,
  refuseMoved,
} from '../plan/previewed-plan.ts'
import type { Ports } from '../ports.ts'
import type { ApplyArguments } from './apply-arguments.ts'

export interface ChoiceRequest {
  readonly tenant: Tenant
  readonly executionId: number
  readonly actor: string
  readonly arguments: ApplyArguments
  /** It has planned before: only what it had to wait for then is wanted. */
  readonly isAgain?: boolean
}

export interface Choice {
  isChosen(change: PlannedChange): boolean
  /** About what is left out; `unchosen` are the changes that are not done because of the choice. */
  notices(unchosen: readonly PlannedChange[]): readonly string[]
}

/** The preview that is to be applied; none: whatever is planned now. */
export const previewOf = async (
  ports: Ports,
  { tenant, arguments: { planId } }: ChoiceRequest,
): Promise<PreviewedPlan | undefined> =>
  planId === null ? undefined : await readPreview(ports, tenant, planId)

export async function chooseChanges(
  ports: Ports,
  { tenant, executionId, actor, arguments: given, isAgain = false }: ChoiceRequest,
  {
    tables,
    changes,
    preview,
  }: {
    readonly tables: InstalledTables
    readonly changes: readonly PlannedChange[]
    readonly preview: PreviewedPlan | undefined
  },
): Promise<Choice> {
  const held = isAgain ? await heldKeys(ports.platform, tenant, executionId) : undefined
  // What points at a target by now, nobody could know when that had to wait.
  const isAwaited = held ? withNeeded(changes, tables, ({ key }) => held.has(key)) : () => true
  const ended = await endedKeys(ports.platform, tenant, executionId)
  const moved = preview && (await findMoved(ports, tenant, preview, changes))
  if (preview && moved && !isAgain) refuseMoved(preview, moved)
  const isOwn = given.mine ? ownChanges(changes, tables, actor) : () => true
  const planned = new Set(changes.map(({ key }) => key))
  const isChosen = (change: PlannedChange): boolean =>
    !ended.has(change.key) &&
    isAwaited(change) &&
    isOwn(change) &&
    (!preview || isToDo(preview, change.key)) &&
    !moved?.has(change.key)
  return {
    isChosen,
    notices: (unchosen) => [
      ...(given.mine ? othersNotice(unchosen, isOwn) : []),
      ...(preview && !isAgain ? choiceNotice(preview, (key) => planned.has(key)) : []),
      ...(preview && moved && isAgain ? movedNotice(movedLines(preview, moved)) : []),
      ...(preview ? stuckNotice(unchosen.filter((change) => !change.companion && isChosen(change))) : []),
    ],
  }
}
