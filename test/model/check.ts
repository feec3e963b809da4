/** At rest, everything that must hold: the rows, the engine's records and the cloud tell one story, and it is the users'. */
import { type KindName, kindOf } from '#test/support/simulated/kinds.ts'
import { simulatedTables } from '#test/support/simulated/shapes.ts'
import { isRequested } from '#test/support/simulated/vault-request.ts'
import { cloudIdOf, type State, type World } from '#test/support/simulated/world.ts'
import { checkRows } from './check-rows.ts'
import { lostEdits, unaskedDeletes } from './check-users.ts'
import { keyOf, type Picture, takePicture } from './picture.ts'
import { excuseTakenBack } from './sessions.ts'
import { tokensOf } from './tokens.ts'
import type { ModelRun, Violation } from './world.ts'

export async function checkAll(run: ModelRun): Promise<readonly Violation[]> {
  const picture = await takePicture(run.lab, run.workers.next().ports)
  await excuseTakenBack(run)
  const violations = [
    ...phantoms(run, picture),
    ...strays(run, picture),
    ...checkRows(run, picture),
    ...unaskedDeletes(run, picture),
    ...lostEdits(run, picture),
    ...wronglyShown(run),
  ]
  for (const { table, rowId, id } of picture.byId.values()) run.bindings.set(id, keyOf(table, rowId))
  run.lastRestMs = run.lab.clock.nowMs
  run.last = picture
  run.seenEdits = run.users.committed.length
  run.stranger.touched.clear()
  run.excused.clear()
  run.shown.clear()
  return violations
}

/** Rows and records that claim what the cloud does not have; those that others refer to stay, and are listed as missing. */
function phantoms({ lab }: ModelRun, { rows, byId, byRow, missing }: Picture): readonly Violation[] {
  const claims = [...byId.values()].filter(
    ({ table, rowId, id }) => !lab.cloud.world.now(id) && !missing.has(keyOf(table, rowId)),
  )
  const bare = [...rows.keys()].filter((key) => !byRow.has(key))
  return [
    ...claims.map(({ table, rowId, id }) => ({
      name: 'phantom' as const,
      what: `${keyOf(table, rowId)} claims ${id}, which the cloud does not have`,
    })),
    ...bare.map((key) => ({
      name: 'phantom' as const,
      what: `row ${key} stands for nothing, and no plan says so`,
    })),
  ]
}

/** Resources that no row knows, that a wrong one knows, or that were made twice. */
function strays({ lab, bindings, users }: ModelRun, { rows, byId, told }: Picture): readonly Violation[] {
  const violations: Violation[] = []
  const owners = new Map<string, string>()
  /** Rows of users, and those that were there when all was at rest. */
  const wanted = new Set([
    ...bindings.values(),
    ...users.committed.map(({ table, rowId }) => keyOf(table, rowId)),
  ])
  const tokens = tokensOf(lab.tenant.id, [...rows.keys(), ...bindings.values()])
  for (const { name } of simulatedTables) {
    for (const state of lab.cloud.world.all(name as KindName)) {
      const { id, thing, attributes } = state
      const record = byId.get(id)
      const isUntold = isSuperseded(lab.cloud.world, state) || pointsNowhere(lab.cloud.world, state)
      if (!record && thing.madeBy === 'stranger' && isUntold) continue
      if (!record) violations.push({ name: 'orphan', what: `${id} (made by ${thing.madeBy}) is nobody's` })
      const tags = attributes.tags as Readonly<Record<string, string>> | undefined
      const token = thing.token ?? tags?.['iasql:token'] ?? ''
      if (thing.madeBy !== 'engine' || !record || isRequested(thing)) continue
      const holder = keyOf(record.table, record.rowId)
      const called = tokens.get(token)
      // Of those that nothing tells apart, rows that ask for the same may have each other's; one whose row has gone is left.
      const isHidden = kindOf(name as KindName).idempotency === 'hidden'
      const maker = isHidden ? undefined : called
      if (maker === undefined) {
        const isLeft = isHidden
          ? called === undefined || !rows.has(called)
          : told.some((message) => message.includes(cloudIdOf(thing)))
        if (!wanted.has(holder) && called !== holder && !isLeft)
          violations.push({ name: 'orphan', what: `${id} was made for a row unknown and is now ${holder}` })
        continue
      }
      const twin = owners.get(maker)
      if (twin !== undefined)
        violations.push({ name: 'duplicate', what: `${twin} and ${id} were both made for ${maker}` })
      owners.set(maker, id)
      if (holder !== maker)
        violations.push({ name: 'orphan', what: `${id} was made for ${maker} and is now ${holder}` })
    }
  }
  return violations
}

/** What a function shows is what the vault held. */
const wronglyShown = ({ lab, shown }: ModelRun): readonly Violation[] =>
  [...shown].flatMap(([value, name]) => {
    const versions = lab.cloud.world.bearers('vault', name).flatMap((thing) => thing.versions)
    return versions.some(({ attributes }) => attributes?.value === value)
      ? []
      : [{ name: 'mismatch' as const, what: `the value that was shown of ${name} was never in it` }]
  })

/** At what is gone for good, such as a revision that has been replaced: no row can say that, and a notice does. */
const pointsNowhere = (world: World, { thing, attributes }: State): boolean =>
  Object.keys(kindOf(thing.kind).references).some((name) => {
    const target = attributes[name] ?? null
    return typeof target === 'string' && !world.now(target)
  })

/** Of a family only the newest revision shows, but to those who know another one's id. */
function isSuperseded(world: World, { id, thing, attributes }: State): boolean {
  const { family } = kindOf(thing.kind)
  if (family === undefined) return false
  return world
    .all(thing.kind, thing.place)
    .some((other) => other.id > id && other.attributes[family] === attributes[family])
}
