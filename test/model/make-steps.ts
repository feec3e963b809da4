/** Random steps: as many as one likes, the same for the same seed. */
import { Random } from '#test/support/simulated/random.ts'
import { calm, type Fault, type Weather } from '#test/support/simulated/weather.ts'
import { sessionCount } from './caller.ts'
import { type Domain, drawTables, line, optional, required, slot } from './domains.ts'
import type { Act, Edit, Step, Values } from './step.ts'

type Tables = ReturnType<typeof drawTables>

const verbs = { insert: 5, update: 6, delete: 2 }

const drawn = (random: Random, domain: Domain, share: number): Values =>
  Object.fromEntries(
    Object.entries(domain).flatMap(([name, draw]) => (random.isLucky(share) ? [[name, draw(random)]] : [])),
  )

function makeEdit(random: Random, tables: Tables): Edit {
  const table = random.choose(tables)
  if (table === 'blueprint' && random.isLucky(0.4)) return makeLine(random)
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

const makeLine = (random: Random): Edit => ({
  edit: random.isLucky(0.75) ? 'line' : 'no line',
  table: 'blueprint',
  slot: slot(random),
  name: random.pick(['a', 'b', 'c']),
  values: drawn(random, line, 0.5),
})

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
  request: 2,
}

function makeWeather(random: Random): Weather {
  const bad = faults
    .filter(() => random.isLucky(0.45))
    .map((fault) => [fault, random.next() * (fault === 'stale' ? 1 : 0.4)])
  return { ...calm, ...Object.fromEntries(bad) }
}

function makeAct(random: Random, tables: Tables): Act {
  const act = random.choose(acts)
  const at = { kind: random.choose(tables), slot: slot(random), number: random.below(1_000) }
  switch (act) {
    case 'edit': {
      const edits = Array.from({ length: 1 + random.below(4) }, () => makeEdit(random, tables))
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
    case 'request':
      return tables.vault > 0 ? { act, name: `vault-${at.number % 16}` } : { act: 'sync' }
    case 'remove':
      return { act, kind: at.kind, slot: at.slot }
    default:
      return { act }
  }
}

/** Rests come about every dozen steps, and at the end; after most of them the weather turns. */
export function makeSteps(seed: number, count: number): readonly Step[] {
  const random = new Random(seed)
  const tables = drawTables(random)
  const steps: Step[] = []
  let left = 6 + random.below(12)
  while (steps.length < count - 1) {
    left -= 1
    const act: Act = left > 0 ? makeAct(random, tables) : { act: 'rest' }
    if (act.act === 'rest') left = 6 + random.below(12)
    if (steps.at(-1)?.act === 'rest' && random.isLucky(0.8))
      steps.push({ act: 'weather', weather: makeWeather(random), thenMs: 0 })
    const thenMs = random.isLucky(0.5) ? 0 : random.below(random.pick([500, 5_000, 40_000]))
    steps.push({ ...act, thenMs })
  }
  return [...steps, { act: 'rest', thenMs: 0 }]
}
