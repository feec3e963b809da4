/** Random steps: as many as one likes, the same for the same seed. */
import type { Json } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import { Random } from '#test/support/simulated/random.ts'
import { calm, type Fault, type Weather } from '#test/support/simulated/weather.ts'
import { sessionCount } from './caller.ts'
import type { Act, Edit, Step, Value, Values } from './step.ts'

type Domain = Readonly<Record<string, (random: Random) => Value>>

const literal = (value: Json): Value => ({ literal: value })
const slot = (random: Random): number => random.below(1_000)
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

const required: Readonly<Record<KindName, Domain>> = {
  network: { cidr: network(60) },
  rulebook: { network_id: refTo('network') },
  segment: { network_id: refTo('network'), cidr: part },
  topic: { name: (random) => literal(`topic-${random.below(40)}`) },
  gateway: { segment_id: refTo('segment') },
  portal: { network_id: refTo('network'), purpose: oneOf('in', 'out') },
  server: {},
}
const optional: Readonly<Record<KindName, Domain>> = {
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
}

const tables = { network: 3, rulebook: 2, segment: 4, topic: 5, gateway: 2, portal: 3, server: 4 }
const verbs = { insert: 5, update: 6, delete: 2 }

const drawn = (random: Random, domain: Domain, share: number): Values =>
  Object.fromEntries(
    Object.entries(domain).flatMap(([name, draw]) => (random.isLucky(share) ? [[name, draw(random)]] : [])),
  )

function makeEdit(random: Random): Edit {
  const table = random.choose(tables)
  switch (random.choose(verbs)) {
    case 'insert':
      return {
        edit: 'insert',
        table,
        values: { ...drawn(random, required[table], 1), ...drawn(random, optional[table], 0.3) },
      }
    case 'update': {
      const replacing = random.isLucky(0.2) ? drawn(random, required[table], 0.7) : {}
      return {
        edit: 'update',
        table,
        slot: slot(random),
        values: { ...drawn(random, optional[table], 0.4), ...replacing },
      }
    }
    default:
      return { edit: 'delete', table, slot: slot(random) }
  }
}

const faults: readonly Fault[] = [
  'throttled',
  'denied',
  'failed',
  'failedAfter',
  'lost',
  'late',
  'unread',
  'stale',
]

const acts = {
  edit: 40,
  begin: 9,
  commit: 6,
  rollback: 2,
  revert: 3,
  apply: 12,
  previewed: 4,
  sync: 5,
  cancel: 2,
  crash: 4,
  weather: 8,
  make: 3,
  change: 5,
  remove: 2,
}

function makeWeather(random: Random): Weather {
  const bad = faults
    .filter(() => random.isLucky(0.45))
    .map((fault) => [fault, random.next() * (fault === 'stale' ? 1 : 0.4)])
  return { ...calm, ...Object.fromEntries(bad) }
}

function makeAct(random: Random): Act {
  const act = random.choose(acts)
  const at = { kind: random.choose(tables), slot: slot(random), number: random.below(1_000) }
  switch (act) {
    case 'edit': {
      const edits = Array.from({ length: 1 + random.below(4) }, () => makeEdit(random))
      const holdMs = random.isLucky(0.12) ? random.below(60_000) : 0
      const session = random.isLucky(0.5) ? { session: random.below(sessionCount) } : {}
      return { act, edits, holdMs, isUndone: random.isLucky(0.08), ...session }
    }
    case 'begin':
    case 'commit':
    case 'rollback':
      return { act, session: random.below(sessionCount) }
    case 'revert':
      return { act, session: random.below(sessionCount), slot: random.below(6) }
    case 'apply':
      return { act, isWaiting: random.isLucky(0.7), claimed: random.isLucky(0.7) ? 'wait' : 'skip' }
    case 'previewed':
      return { act, afterMs: random.below(8_000) }
    case 'crash':
      return { act, requests: 1 + random.below(60), sole: random.isLucky(0.5) }
    case 'weather': {
      return { act, weather: makeWeather(random) }
    }
    case 'make':
    case 'change':
      return { act, ...at }
    case 'remove':
      return { act, kind: at.kind, slot: at.slot }
    default:
      return { act }
  }
}

/** Rests come about every dozen steps, and at the end; after most of them the weather turns. */
export function makeSteps(seed: number, count: number): readonly Step[] {
  const random = new Random(seed)
  const steps: Step[] = []
  let left = 6 + random.below(12)
  while (steps.length < count - 1) {
    left -= 1
    const act: Act = left > 0 ? makeAct(random) : { act: 'rest' }
    if (act.act === 'rest') left = 6 + random.below(12)
    if (steps.at(-1)?.act === 'rest' && random.isLucky(0.8))
      steps.push({ act: 'weather', weather: makeWeather(random), thenMs: 0 })
    const thenMs = random.isLucky(0.5) ? 0 : random.below(random.pick([500, 5_000, 40_000]))
    steps.push({ ...act, thenMs })
  }
  return [...steps, { act: 'rest', thenMs: 0 }]
}
