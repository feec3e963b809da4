/** Creates of the simulated service: once for a token or a name, with what the cloud makes along. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Place } from '#engine/model/cloud.ts'
import { nextVersion, withDigests, withoutNulls, withoutToken } from './attributes.ts'
import type { CreateInput, Made } from './commands.ts'
import { type Attributes, type Kind, type KindName, kindOf } from './kinds.ts'
import { checkReferences, inward } from './references.ts'
import { Refusal } from './refusal.ts'
import { itemOf } from './service-show.ts'
import { stateOf, takenBy } from './standing.ts'
import type { State, Thing, World } from './world.ts'

interface Where {
  readonly kind: KindName
  readonly place: Place
}

export function create(world: World, { kind, place }: Where, input: CreateInput): Made {
  const { Attributes: given, ClientToken: token } = input
  const spec = kindOf(kind)
  const known = token === undefined ? undefined : madeBy(world, kind, token)
  if (known) return repeated(world, known, given)
  const said = { ...spec.defaults, ...withoutNulls(inward(world, spec, withDigests(spec, given))) }
  const attributes = numbered(world, kind, said)
  checkReferences(world, spec, attributes)
  const taken = takenBy(world, { kind, place, attributes })
  if (taken) return collision(world, taken, attributes)
  const thing = world.make(
    { kind, place, madeBy: 'engine', token: token ?? null, request: canonicalJson(given) },
    attributes,
  )
  addCompanion(world, thing)
  return { Item: itemOf(world, stateOf(world, thing)) }
}

/** New ones with what only the cloud knows: their version, their revision. */
export function numbered(world: World, kind: KindName, given: Attributes): Attributes {
  const said = { ...given, ...nextVersion(kindOf(kind), {}, given) }
  const { family } = kindOf(kind)
  if (family === undefined) return said
  const nameOf = ({ versions }: Thing) => versions[0]?.attributes?.[family]
  const before = world.ofKind(kind).filter((thing) => nameOf(thing) === said[family])
  return { ...said, revision: before.length + 1 }
}

/** What the cloud makes of its own accord along with a resource. */
export function addCompanion(world: World, { id, kind: of, place }: Thing): void {
  const { companion } = kindOf(of)
  if (!companion) return
  const kind = companion.kind as KindName
  const attributes = { ...kindOf(kind).defaults, ...companion.attributes, [companion.via]: id }
  world.make({ kind, place, madeBy: 'companion', companionOf: id }, attributes)
}

function madeBy(world: World, kind: KindName, token: string): Thing | undefined {
  const { tokenMs } = kindOf(kind)
  return world
    .ofKind(kind)
    .find((thing) => thing.token === token && world.clock.nowMs < thing.madeMs + tokenMs)
}

function repeated(world: World, known: Thing, given: Attributes): Made {
  if (known.request !== canonicalJson(given)) {
    throw new Refusal('IdempotentParameterMismatch', 'The token was used before, with other parameters.')
  }
  const state = world.now(known.id)
  if (!state) throw new Refusal('IdempotentParameterMismatch', 'What was made with this token is gone.')
  return { Item: itemOf(world, state) }
}

function collision(world: World, taken: State, attributes: Attributes): Made {
  const { idempotency, name }: Kind = kindOf(taken.thing.kind)
  const isSame = canonicalJson(withoutToken(taken.attributes)) === canonicalJson(withoutToken(attributes))
  if (idempotency === 'name' && isSame) return { Item: itemOf(world, taken) }
  throw new Refusal(`${name}AlreadyExists`, `${taken.id} is that already.`)
}
