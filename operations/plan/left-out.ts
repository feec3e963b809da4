/** Which changes an apply or preview leaves out on request, and what it says about them. */
import { listed } from '#engine/plan/listed-names.ts'
import { engineActor, type PlannedChange } from '#engine/plan/planned-change.ts'
import type { PreviewedChange } from '#postgres/statements/plan-read.ts'
import type { OpenRow } from '#postgres/statements/transaction-rows.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { titleOf } from './change-titles.ts'
import { orderWanted } from './make-plan.ts'
import type { PreviewedPlan } from './previewed-plan.ts'

/**
 * Whether a change is the actor's own. One that nobody's edit asked for, such as moving a row over to a replaced one,
 * is the actor's where an own change cannot be done without it.
 */
export function ownChanges(
  changes: readonly PlannedChange[],
  tables: InstalledTables,
  actor: string,
): (change: PlannedChange) => boolean {
  return withNeeded(changes, tables, (change) => change.actor === actor)
}

/** Not asked for by a person's edit: the engine's own edits follow values that have moved. */
export const isNobodys = (change: PlannedChange | undefined): boolean =>
  change?.actor === null || change?.actor === engineActor

/** The changes that `isAsked` picks, and those that nobody's edit asked for and that these cannot be done without. */
export function withNeeded(
  changes: readonly PlannedChange[],
  tables: InstalledTables,
  isAsked: (change: PlannedChange) => boolean,
): (change: PlannedChange) => boolean {
  const { dependsOn } = orderWanted(changes, tables, () => true)
  const byKey = new Map(changes.map((change) => [change.key, change]))
  const own = new Set(changes.filter(isAsked).map(({ key }) => key))
  const followers = Map.groupBy(
    changes.flatMap(({ key, references }) => references.map((reference) => ({ ...reference, key }))),
    ({ target }) => target,
  )
  const queue = [...own]
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    // AWS would let go what an expression stands for, and the row would be left with what is gone.
    const isReplaced = byKey.get(key)?.action === 'replace'
    const left = isReplaced ? (followers.get(key) ?? []).filter(({ of }) => of !== undefined) : []
    for (const needed of [...(dependsOn[key] ?? []), ...left.map((one) => one.key)]) {
      if (own.has(needed) || !isNobodys(byKey.get(needed))) continue
      own.add(needed)
      queue.push(needed)
    }
  }
  return ({ key }) => own.has(key)
}

export function othersNotice(
  leftOut: readonly PlannedChange[],
  isOwn: (change: PlannedChange) => boolean,
): readonly string[] {
  const shown = leftOut.filter(({ companion }) => !companion)
  const theirs = shown.filter((change) => !isOwn(change))
  if (theirs.length === 0) return []
  const actors = [...new Set(theirs.flatMap(({ actor }) => actor ?? []))].sort()
  const by = actors.length > 0 ? ` of ${listed(actors)}` : ''
  const dependants = shown.filter(isOwn)
  return [
    `${counted(theirs.length)} left out, being${by || ' not yours'}: ${listed(theirs.map(titleOf))}${dependantsText(dependants.map(titleOf))}.`,
  ]
}

/** What is left out of a stored plan, as far as there is still something to do about it. */
export function choiceNotice(
  { planId, changes }: PreviewedPlan,
  isPlanned: (key: string) => boolean,
): readonly string[] {
  const previewed = [...changes.values()]
  const open = [...changes].flatMap(([key, change]) => (!change.companion && isPlanned(key) ? [change] : []))
  const chosen = open.filter((change) => change.left_out === 'chosen').map(previewedTitle)
  const dependants = open.filter((change) => change.left_out === 'dependent').map(previewedTitle)
  if (previewed.length > 0 && previewed.every((change) => change.is_dealt_with)) {
    return [`Plan ${planId} is done already, or under way.`]
  }
  if (chosen.length + dependants.length === 0) return []
  return [
    `${counted(chosen.length)} left out by choice: ${listed(chosen)}${dependantsText(dependants)}. The rows stay edited.`,
  ]
}

/** What a plan leaves alone because of transactions that are open, and what it says about that. */
export interface LeftAlone {
  isWanted(change: PlannedChange): boolean
  notices(leftOut: readonly PlannedChange[]): readonly string[]
}

/**
 * Rows of transactions that others have open; and for one inside a transaction, `own`, everything that is not among its
 * rows, but for what these cannot be done without and nobody's edit asks for.
 */
export function leftAlone(
  changes: readonly PlannedChange[],
  tables: InstalledTables,
  {
    open,
    own,
  }: { readonly open: ReadonlyMap<string, OpenRow>; readonly own: ReadonlySet<string> | undefined },
): LeftAlone {
  const byKey = new Map(own ? changes.map((change) => [change.key, change]) : [])
  // What came with its parent goes with it.
  const isOwn = ({ key, companion, parent }: PlannedChange): boolean => {
    const above = companion && parent !== null ? byKey.get(parent) : undefined
    return own?.has(key) === true || (above !== undefined && isOwn(above))
  }
  const isInside = own ? withNeeded(changes, tables, isOwn) : () => true
  return {
    isWanted: (change) => !open.has(change.key) && isInside(change),
    notices(leftOut) {
      const shown = leftOut.filter(({ companion }) => !companion)
      const theirs = shown.filter(({ key }) => open.has(key))
      const outside = shown.filter((change) => !open.has(change.key) && !isInside(change))
      const hanging = shown.filter((change) => !open.has(change.key) && isInside(change)).map(titleOf)
      const dependants = dependantsText(hanging)
      return [
        ...openNotice(theirs, open, dependants),
        ...(outside.length > 0
          ? [
              `${counted(outside.length)} left out, not being of this transaction: ${listed(outside.map(titleOf))}${theirs.length > 0 ? '' : dependants}.`,
            ]
          : []),
      ]
    },
  }
}

function openNotice(
  theirs: readonly PlannedChange[],
  open: ReadonlyMap<string, OpenRow>,
  dependants: string,
): readonly string[] {
  if (theirs.length === 0) return []
  const held = theirs.flatMap(({ key }) => open.get(key) ?? [])
  const whose = new Set(held.map(({ transaction_id: id, actor }) => `${id} of ${actor}`))
  return [
    `${counted(theirs.length)} left out, being in the open transaction ${listed([...whose].sort())}: ${listed(theirs.map(titleOf))}${dependants}.`,
  ]
}

/** What was to be done when its turn came, but was no longer as it was shown. */
export const movedNotice = (lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${counted(lines.length)} left out, having moved meanwhile: ${listed(lines)}.`]

/** What was to be done, and waits for more than there is to be done. */
export const stuckNotice = (stuck: readonly PlannedChange[]): readonly string[] =>
  stuck.length === 0
    ? []
    : [
        `${counted(stuck.length)} left out, needing what has moved or what the plan does not show: ${listed(stuck.map(titleOf))}.`,
      ]

const dependantsText = (names: readonly string[]): string =>
  names.length === 0 ? '' : `; ${names.length} more, which cannot be done without: ${listed(names)}`

const counted = (count: number): string => (count === 1 ? '1 change is' : `${count} changes are`)

const previewedTitle = (change: PreviewedChange): string =>
  `${change.action} ${change.table_name} ${change.natural_name || change.row_id}`
