/** What users have committed has come about, and nothing was deleted that they did not ask for. */
import { equals } from '#engine/columns/canonical.ts'
import type { Json } from '#engine/model/json.ts'
import { kindOf } from '#test/support/simulated/kinds.ts'
import { isRequested } from '#test/support/simulated/vault-request.ts'
import type { Thing } from '#test/support/simulated/world.ts'
import { isReplaced } from './is-replaced.ts'
import { columnsOf, keyOf, type Picture } from './picture.ts'
import { tokensOf } from './tokens.ts'
import type { ModelRun, Violation, Words } from './world.ts'

/** Of every row the latest word of users on each column; null: it was deleted. */
function lastWords(run: ModelRun): Words {
  const words = new Map<string, Map<string, Json> | null>()
  for (const { edit, table, rowId, values } of run.users.committed.slice(run.seenEdits)) {
    const key = keyOf(table, rowId)
    if (edit === 'delete') {
      words.set(key, null)
      continue
    }
    const known = words.get(key) ?? new Map<string, Json>()
    for (const [name, value] of Object.entries(values)) known.set(name, value)
    words.set(key, known)
  }
  return words
}

export function lostEdits(run: ModelRun, picture: Picture): readonly Violation[] {
  const violations: Violation[] = []
  const { touched } = run.stranger
  const owned = Map.groupBy(run.lab.cloud.world.things.values(), ownersOf(run, picture))
  for (const [key, words] of lastWords(run)) {
    if (run.excused.has(key)) continue
    const row = picture.rows.get(key)
    const things = owned.get(key) ?? []
    if (words === null) {
      if (row) violations.push({ name: 'lost edit', what: `${key} was deleted and is there` })
      continue
    }
    if (!row) {
      if (!things.some((thing) => isTaken(run, thing)) && !saysNothing(run, key, words))
        violations.push({ name: 'lost edit', what: `${key} was written and is gone` })
      continue
    }
    for (const [name, value] of words) {
      const column = columnsOf(key.split('/')[0] ?? '')[name]
      const isTouched = things.some(({ id }) => touched.has(`${id}.${name}`))
      // NULL where AWS fills something in is no word at all, nor is it in a row that has yet to take what is there already.
      const isOpen = value === null && (!column?.clearable || isTakenOver(run, key, things))
      if (!column || isTouched || isOpen) continue
      const now = row[name] ?? null
      if (equals(column, now, value)) continue
      const what = `${key}.${name} was set to ${JSON.stringify(value)} and is ${JSON.stringify(now)}`
      violations.push({ name: 'lost edit', what })
    }
  }
  return violations
}

/** The cloud had lost it before, and what was written is what the row said then: that is no edit. */
function saysNothing({ last }: ModelRun, key: string, words: ReadonlyMap<string, Json>): boolean {
  const [table = ''] = key.split('/')
  const before = last?.rows.get(key)
  if (!before || !last?.missing.has(key)) return false
  return [...words].every(([name, value]) => {
    const column = columnsOf(table)[name]
    return column !== undefined && equals(column, before[name] ?? null, value)
  })
}

/** A new row that has taken over what somebody else, or a function, has made. */
const isTakenOver = ({ last }: ModelRun, key: string, things: readonly Thing[]): boolean =>
  !last?.rows.has(key) && things.some((thing) => thing.madeBy === 'stranger' || isRequested(thing))

/** Somebody else has removed it, or what it came or goes with is gone, for whatever reason: that is looked at by itself. */
function isTaken(
  { lab: { cloud }, stranger }: ModelRun,
  { id, kind, companionOf, versions }: Thing,
): boolean {
  const { goesWith = '' } = kindOf(kind)
  const parents = [companionOf, versions[0]?.attributes?.[goesWith] ?? null]
  const isGone = (parent: Json): boolean => parent !== null && cloud.world.now(String(parent)) === undefined
  return stranger.touched.has(id) || parents.some(isGone)
}

/** What the engine deleted since the last rest must have gone with a row, or been replaced on a user's word. */
export function unaskedDeletes(run: ModelRun, picture: Picture): readonly Violation[] {
  const words = lastWords(run)
  const gone = [...run.lab.cloud.world.things.values()].filter(
    ({ deletion }) => deletion?.by === 'engine' && deletion.atMs >= run.lastRestMs,
  )
  const ownerOf = ownersOf(run, picture)
  return gone.flatMap((thing) => {
    const owner = ownerOf(thing)
    if (owner === undefined)
      return [{ name: 'unasked delete' as const, what: `${thing.id} was nobody's and was deleted` }]
    if (run.excused.has(owner)) return []
    // What was made since then, and is not what the row stands for, was one too many.
    const isUndone =
      thing.madeBy === 'engine' && thing.madeMs >= run.lastRestMs && !run.bindings.has(thing.id)
    const isAsked =
      words.get(owner) === null ||
      isUndone ||
      isTakenAgain(run, thing, ownerOf) ||
      isReplaced(owner, words, run.last, picture)
    return isAsked ? [] : [{ name: 'unasked delete' as const, what: `${thing.id} of ${owner} was deleted` }]
  })
}

/**
 * The cloud made it along with a new one of what users had taken such a one away from before, or had changed it in; or a
 * stranger had, and the rows had followed.
 */
function isTakenAgain(
  { lab, users }: ModelRun,
  { id, kind, companionOf }: Thing,
  ownerOf: (thing: Thing) => string | undefined,
): boolean {
  const { world } = lab.cloud
  const parentOf = (companion: string): string | undefined => {
    const parent = world.things.get(companion)
    return parent && ownerOf(parent)
  }
  if (companionOf === null) return false
  const earlier = world
    .ofKind(kind)
    .filter((one) => one.id !== id && one.companionOf && parentOf(one.companionOf) === parentOf(companionOf))
  if (earlier.some(({ deletion }) => deletion?.by === 'stranger')) return true
  const rows = new Set(earlier.map(ownerOf))
  return users.committed.some(({ edit, table, rowId }) => edit !== 'insert' && rows.has(keyOf(table, rowId)))
}

const tokenIn = (tags: Json | undefined): string => {
  const token = (tags as Readonly<Record<string, Json>> | undefined)?.['iasql:token']
  return typeof token === 'string' ? token : ''
}

/** The row that a resource was seen to belong to, was made for, or was changed for. */
function ownersOf(run: ModelRun, { rows, changed, byId }: Picture): (thing: Thing) => string | undefined {
  const { lab, bindings, users } = run
  const tokens = tokensOf(lab.tenant.id, [
    ...rows.keys(),
    ...bindings.values(),
    ...users.committed.map(({ table, rowId }) => keyOf(table, rowId)),
  ])
  return ({ id, token, versions }) => {
    const now = byId.get(id)
    const maker = tokens.get(token ?? tokenIn(versions[0]?.attributes?.tags))
    return bindings.get(id) ?? maker ?? changed.get(id) ?? (now && keyOf(now.table, now.rowId))
  }
}
