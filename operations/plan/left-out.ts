/** Which changes an apply or preview leaves out on request, and what it says about them. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { PreviewedChange } from '#postgres/statements/plan-read.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
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

/** The changes that `isAsked` picks, and those that nobody's edit asked for and that these cannot be done without. */
export function withNeeded(
  changes: readonly PlannedChange[],
  tables: InstalledTables,
  isAsked: (change: PlannedChange) => boolean,
): (change: PlannedChange) => boolean {
  const { dependsOn } = orderWanted(changes, tables, () => true)
  const byKey = new Map(changes.map((change) => [change.key, change]))
  const own = new Set(changes.filter(isAsked).map(({ key }) => key))
  const queue = [...own]
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const needed of dependsOn[key] ?? []) {
      if (own.has(needed) || byKey.get(needed)?.actor !== null) continue
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

const titleOf = ({ action, table, naturalName }: PlannedChange): string => `${action} ${table} ${naturalName}`

const previewedTitle = (change: PreviewedChange): string =>
  `${change.action} ${change.table_name} ${change.natural_name || change.row_id}`

const mostNames = 10

const listed = (names: readonly string[]): string =>
  names.length <= mostNames
    ? names.join(', ')
    : `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`
