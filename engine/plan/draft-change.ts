/** What one resource needs by itself, before the effects of replaced neighbours. */
import { equals } from '#engine/columns/canonical.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { decide } from '#engine/merge/decide.ts'
import { keepingExpressions } from '#engine/merge/drift-policy.ts'
import type { DriftPolicy } from '#engine/merge/merge-column.ts'
import { mergeRow, type RowStates, type RowVerdicts } from '#engine/merge/merge-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { unsureColumns, withUnsure } from '#engine/merge/unsure.ts'
import { isUsual } from '#engine/merge/usual-values.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type KnownResources, parentOf, resolveRow, tableOf } from './known-resources.ts'
import type { Action, Settlement } from './planned-change.ts'
import { type ResourceState, unqualified } from './resource.ts'

export interface Draft {
  readonly kind: 'draft'
  readonly resource: ResourceState
  readonly action: Action
  readonly delta: Row
  readonly pulls: Row
  readonly conflicts: readonly string[]
  readonly unknown: readonly string[]
  readonly replaceBefore: boolean
  readonly companion: boolean
  readonly reason: string
}
type Drafted =
  | Draft
  | { readonly kind: 'settlement'; readonly settlement: Settlement }
  | { readonly kind: 'nothing' }

export function draftChange(
  known: KnownResources,
  resource: ResourceState,
  policy: (column: string) => DriftPolicy,
): Drafted {
  if (resource.isExternal) return { kind: 'nothing' }
  const isEdited = resource.editVersion > resource.baseVersion
  const existence = {
    desired: resource.desired !== null,
    base: resource.base !== null,
    observed: resource.observed !== null,
    isEdited,
    isCompanion: goesAlong(known, resource),
    isReferenced: false,
  }
  const decision = decide('apply', existence, policy(''))
  if (isAwaited(resource) && !isOver(known, resource)) return { kind: 'nothing' }
  switch (decision) {
    case 'create':
    case 'recreate':
      return isEdited || decision === 'recreate'
        ? draftCreation(known, resource, decision === 'create' ? 'row inserted' : recreation(isEdited))
        : { kind: 'nothing' }
    case 'adopt':
      return isEdited ? draftAdoption(known, resource) : { kind: 'nothing' }
    case 'merge':
      return draftMerge(known, resource, policy, isEdited)
    case 'delete':
    case 'gone':
      return draftRemoval(
        resource,
        'delete',
        decision === 'gone' ? 'its parent was deleted' : 'row deleted',
        goesAlong(known, resource),
      )
    case 'forget':
      return draftRemoval(resource, 'forget', 'row deleted, and the cloud has it no more')
    default:
      return isEdited && resource.desired === null
        ? settled(resource, { base: null, write: {}, drifted: [] })
        : { kind: 'nothing' }
  }
}

/** AWS has still to make it along with its parent; nobody else could. */
const isAwaited = ({ companionOf, cloudId }: ResourceState): boolean =>
  companionOf !== null && cloudId === null

/** Neither is wanted any more. */
const isOver = (known: KnownResources, resource: ResourceState): boolean =>
  resource.desired === null && !parentOf(known, resource)?.desired

const plain = {
  kind: 'draft',
  delta: {},
  pulls: {},
  conflicts: [],
  unknown: [],
  replaceBefore: false,
  companion: false,
} as const

function unknownColumns(known: KnownResources, resource: ResourceState): readonly string[] {
  const { unknown, dangling } = resolveRow(known, resource)
  return [...unknown, ...dangling]
}

/** The arguments a user has given: null at creation means unspecified. */
function givenArguments(table: TableSpec, desired: Row): Row {
  const given = Object.entries(table.columns).filter(
    ([name, column]) => column.nature === 'argument' && (desired[name] ?? null) !== null,
  )
  return Object.fromEntries(given.map(([name]) => [name, desired[name] ?? null]))
}

const recreation = (isEdited: boolean): string =>
  isEdited ? 'the cloud has lost it; the table wins' : 'gone in the cloud; the policy enforces the table'

/** A resource that does not stand, whether it never did or the cloud has lost it. */
export function draftCreation(known: KnownResources, resource: ResourceState, reason: string): Draft {
  const delta = givenArguments(tableOf(known, resource), resource.desired ?? {})
  return { ...plain, resource, action: 'create', delta, unknown: unknownColumns(known, resource), reason }
}

function draftAdoption(known: KnownResources, resource: ResourceState): Draft {
  const table = tableOf(known, resource)
  const delta = adoptionDelta(table, resource.desired ?? {}, resource.observed ?? {})
  const reason = 'the cloud already has it'
  return { ...plain, resource, action: 'adopt', delta, unknown: unknownColumns(known, resource), reason }
}

/**
 * What an adopted resource must change to be as the row says beyond its defaults; what only a replacement could change stays
 * open.
 */
export function adoptionDelta(table: TableSpec, desired: Row, observed: Row): Row {
  const given = Object.entries(givenArguments(table, desired)).filter(([name, value]) => {
    const column = table.columns[name]
    if (column?.replaces !== false || isUsual(column, value)) return false
    return !equals(column, value, observed[name])
  })
  return Object.fromEntries(given)
}

function draftMerge(
  known: KnownResources,
  resource: ResourceState,
  ofColumn: (column: string) => DriftPolicy,
  isEdited: boolean,
): Drafted {
  const table = tableOf(known, resource)
  const { row: desired, unknown, dangling } = resolveRow(known, resource)
  const base = resource.base ?? {}
  // Of an expression about a row that is gone nothing can be sent, sure or not.
  const sayable = unsureColumns(base).filter((name) => !dangling.includes(name))
  const states = { desired, base: withUnsure(base, sayable), observed: resource.observed ?? {} }
  const kept = keepingExpressions(resource.desired ?? {}, ofColumn)
  // An expression about a row that is gone has no value to enforce.
  const policy = (name: string): DriftPolicy => (dangling.includes(name) ? 'observe' : kept(name))
  const verdicts = mergeRow(table, states, policy)
  const isEnforced = (name: string) =>
    verdicts[name]?.kind === 'push' && isAsAgreed(table, states, name) && policy(name) === 'enforce'
  // Without an edit in the journal only a renewed output, or the policy, can ask for a write.
  const mayPush = (name: string) =>
    isEdited || isEnforced(name) || listExpressions(resource.desired?.[name]).length > 0
  const pushed = columnsOf(verdicts, 'push', 'conflict').filter(mayPush)
  const hasMoved = isEdited && isElsewhere(table, resource)
  if (pushed.length === 0 && !hasMoved) {
    if (!isEdited) return { kind: 'nothing' }
    return settled(resource, settleRow(table, states, policy))
  }
  const delta = Object.fromEntries(
    pushed.map((name): [string, Json] => [name, resource.desired?.[name] ?? null]),
  )
  const replacing = pushed.filter((name) => table.columns[name]?.replaces)
  const action = hasMoved || replacing.length > 0 ? 'replace' : 'update'
  return {
    ...plain,
    resource,
    action,
    delta,
    pulls: Object.fromEntries(
      columnsOf(verdicts, 'pull').map((name) => [name, states.observed[name] ?? null]),
    ),
    conflicts: columnsOf(verdicts, 'conflict'),
    unknown: unknown.filter((name) => pushed.includes(name)),
    replaceBefore: action === 'replace' && !hasMoved && mustGoFirst(table, replacing),
    reason: hasMoved ? moveReason(resource) : changeReason(pushed, replacing, isEnforced),
  }
}

/** Whether the row still says what was last agreed on. */
const isAsAgreed = ({ columns }: TableSpec, { desired, base }: RowStates, name: string): boolean =>
  columns[name] !== undefined && equals(columns[name], desired[name], base[name])

/**
 * The old one must go first where a name that stays the same, or a column that says so, would collide; beside a column
 * that takes the new one elsewhere (a subnet into another VPC) nothing does.
 */
export function mustGoFirst(table: TableSpec, replacing: readonly string[]): boolean {
  const isSaid = (what: 'before' | 'after') =>
    replacing.some((name) => table.columns[name]?.replaces === what)
  const saysSo = isSaid('before') && !isSaid('after')
  return saysSo || (table.named && !replacing.some((name) => table.naturalKey.includes(name)))
}

const columnsOf = (verdicts: RowVerdicts, ...kinds: readonly string[]): readonly string[] =>
  Object.keys(verdicts).filter((name) => kinds.includes(verdicts[name]?.kind ?? ''))

/** A companion moves with its parent: AWS makes it anew there. */
function isElsewhere(table: TableSpec, { place, cloudPlace, companionOf }: ResourceState): boolean {
  if (!cloudPlace || table.place === 'tenant' || companionOf !== null) return false
  return (
    place.accountId !== cloudPlace.accountId ||
    (table.place === 'regional' && place.region !== cloudPlace.region)
  )
}

const moveReason = ({ place, cloudPlace }: ResourceState): string =>
  `moved from ${cloudPlace?.accountId} ${cloudPlace?.region ?? ''} to ${place.accountId} ${place.region ?? ''}`.trim()

function changeReason(
  pushed: readonly string[],
  replacing: readonly string[],
  isEnforced: (name: string) => boolean,
): string {
  const enforced = pushed.filter(isEnforced)
  const edited = pushed.filter((name) => !isEnforced(name))
  const reasons = [
    ...(enforced.length > 0
      ? [`${enforced.join(', ')} changed in the cloud; the policy enforces the table`]
      : []),
    ...(replacing.length > 0 ? [`${replacing.join(', ')} cannot change in place`] : []),
    ...(replacing.length === 0 && edited.length > 0 ? [`${edited.join(', ')} changed`] : []),
  ]
  return reasons.join('; ')
}

/** AWS ends it along with its parent; one that may end before that is like any other while the parent stands. */
function goesAlong(known: KnownResources, resource: ResourceState): boolean {
  const parent = parentOf(known, resource)
  if (resource.companionOf === null) return false
  const isRemovable = tableOf(known, resource).createdWith.some(
    (made) => made.removable && (!parent || unqualified(made.parent) === parent.table),
  )
  return !isRemovable || parent?.desired === null
}

const draftRemoval = (
  resource: ResourceState,
  action: 'delete' | 'forget',
  reason: string,
  companion = false,
): Draft => ({
  ...plain,
  resource,
  action,
  companion,
  reason,
})

const settled = (
  resource: ResourceState,
  { base, write, drifted }: Pick<Settlement, 'base' | 'write' | 'drifted'>,
): Drafted => ({
  kind: 'settlement',
  settlement: {
    table: resource.table,
    rowId: resource.rowId,
    resourceId: resource.resourceId,
    editVersion: resource.editVersion,
    base,
    write,
    drifted,
  },
})
