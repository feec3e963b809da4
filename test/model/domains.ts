/** What users write into each column of each table, drawn at random. */
import type { Json } from '#engine/model/json.ts'
import { type KindName, kindOf } from '#test/support/simulated/kinds.ts'
import type { Random } from '#test/support/simulated/random.ts'
import type { Value } from './step.ts'

export type Domain = Readonly<Record<string, (random: Random) => Value>>

const literal = (value: Json): Value => ({ literal: value })
export const slot = (random: Random): number => random.below(1_000)
const oneOf =
  (...values: readonly Json[]) =>
  (random: Random): Value =>
    literal(random.pick(values))
const refTo =
  (ref: KindName, nulls = 0) =>
  (random: Random): Value =>
    random.isLucky(nulls) ? literal(null) : { ref, slot: slot(random) }
const network =
  (second: number) =>
  (random: Random): Value =>
    literal(`10.${random.below(second)}.0.0/16`)
const part = (random: Random): Value => literal(`10.0.${random.below(40)}.0/24`)
const tags = (random: Random): Value =>
  literal(random.pick<Json>([null, {}, { Name: `n${random.below(9)}` }, { Name: 'x', team: 'a' }]))
const expression =
  (options: readonly (readonly [KindName, string])[], isDocument = false) =>
  (random: Random): Value => {
    const [of, column] = random.pick(options)
    return { expression: of, slot: slot(random), column, isDocument }
  }
const either =
  (probability: number, first: (random: Random) => Value, second: (random: Random) => Value) =>
  (random: Random): Value =>
    random.isLucky(probability) ? first(random) : second(random)

const known: readonly (readonly [KindName, string])[] = [
  ['network', 'network_id'],
  ['network', 'segment_count'],
  ['topic', 'topic_id'],
  ['gateway', 'gateway_id'],
  ['server', 'server_id'],
]
/** A cycle over what cannot be set later is the user's mistake. */
const fixed = known.filter(([of]) => of !== 'server')
const statements = [
  null,
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['a:b', 'a:c'], Resource: '*' }] },
  { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: 'a:b', Resource: ['*'] } },
]

export const required: Readonly<Record<KindName, Domain>> = {
  network: { cidr: network(60) },
  rulebook: { network_id: refTo('network') },
  segment: { network_id: refTo('network'), cidr: part },
  topic: { name: (random) => literal(`topic-${random.below(40)}`) },
  gateway: { segment_id: refTo('segment') },
  portal: { network_id: refTo('network'), purpose: oneOf('in', 'out') },
  server: {},
  guard: { network_id: refTo('network') },
  rule: {
    guard_id: refTo('guard'),
    direction: oneOf('in', 'out'),
    port: oneOf(-1, 22, 80, 443),
    source_id: refTo('guard', 0.5),
  },
  vault: { name: (random) => literal(`vault-${random.below(12)}`) },
  blueprint: { family: (random) => literal(`family-${random.below(6)}`) },
  crew: { blueprint_id: refTo('blueprint') },
  store: { name: (random) => literal(`store-${random.below(12)}`) },
  page: { store_id: refTo('store'), name: oneOf('index', 'about', 'news') },
  person: { name: (random) => literal(`person-${random.below(10)}`) },
}
export const optional: Readonly<Record<KindName, Domain>> = {
  network: {
    mtu: oneOf(1_400, 1_500, 9_000),
    has_dns: oneOf(true, false),
    notes: either(
      0.4,
      expression([
        ['topic', 'topic_id'],
        ['gateway', 'gateway_id'],
      ]),
      oneOf(null, 'a', 'b'),
    ),
    tags,
  },
  rulebook: { rules: oneOf(null, ['a', 'b'], ['b', 'a'], ['c']), tags },
  segment: { tags },
  topic: {
    retention: oneOf(60, 3_600, 345_600),
    policy: oneOf(...(statements as readonly Json[])),
    labels: oneOf(null, ['x', 'y'], ['y', 'x'], []),
    document: either(0.4, expression(known, true), oneOf(null, { a: 1 }, { a: 1, b: [1, 2] })),
    dead_letter_id: refTo('topic', 0.3),
    tags,
  },
  gateway: { size: oneOf(1, 2, 3), label: oneOf(null, 'a', 'b'), tags },
  portal: { size: oneOf(1, 2), note: oneOf(null, 'a') },
  server: {
    segment_id: refTo('segment'),
    rulebook_id: refTo('rulebook', 0.3),
    peer_id: refTo('server', 0.3),
    user_data: either(0.3, expression(fixed), oneOf('boot', 'start')),
    size: oneOf('small', 'large'),
    config: either(0.3, expression(known, true), oneOf(null, { a: 1 }, { b: 2 })),
    is_watched: oneOf(true, false),
    tags,
  },
  guard: { notes: oneOf(null, 'a', 'b'), tags },
  rule: { port: oneOf(-1, 22, 80, 443), notes: oneOf(null, 'a', 'b'), tags },
  vault: { value: (random) => literal(`secret-${random.below(1_000)}`), notes: oneOf(null, 'a', 'b'), tags },
  blueprint: { size: oneOf(1, 2, 3), tags },
  crew: { members: oneOf(1, 2, 3), leader_id: refTo('person', 0.4), tags },
  store: { policy: oneOf(...(statements as readonly Json[])), keeping: oneOf('no', 'yes', 'paused'), tags },
  page: { body: oneOf('', 'a', 'b', 'long '.repeat(100)), language: oneOf(null, 'de', 'en'), tags },
  person: { policy: oneOf(...(statements as readonly Json[])), notes: oneOf(null, 'a', 'b'), tags },
}

/** Of a line of a blueprint. */
export const line: Domain = { pieces: oneOf(1, 2, 3), topic_id: refTo('topic', 0.2) }

const tables: Readonly<Record<KindName, number>> = {
  network: 3,
  rulebook: 2,
  segment: 4,
  topic: 5,
  gateway: 2,
  portal: 3,
  server: 4,
  guard: 2,
  rule: 5,
  vault: 3,
  blueprint: 3,
  crew: 3,
  store: 3,
  page: 3,
  person: 3,
}

/** How often each is drawn in one script: some of them not at all, so that the others meet more often. */
export function drawTables(random: Random): Readonly<Record<KindName, number>> {
  const drawn = new Set((Object.keys(tables) as KindName[]).filter(() => random.isLucky(0.55)))
  // What others cannot be without comes along.
  for (const kind of drawn)
    for (const parent of Object.values(kindOf(kind).references)) drawn.add(parent as KindName)
  const weights = Object.entries(tables).map(([kind, weight]) => [
    kind,
    drawn.has(kind as KindName) || drawn.size === 0 ? weight : 0,
  ])
  return Object.fromEntries(weights) as Readonly<Record<KindName, number>>
}
