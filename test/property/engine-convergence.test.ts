/** After an apply there is nothing to do, after a sync neither: for every table on offer and every kind of column. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equals } from '#engine/columns/canonical.ts'
import type { DriftPolicy } from '#engine/merge/merge-column.ts'
import { type ResourceState, type TableLookup, tableLookup } from '#engine/plan/resource.ts'
import { networks } from '#test/support/engine-tables.ts'
import {
  everyTable,
  movingTables,
  namingTables,
  referringTables,
  syntheticTables,
} from '#test/support/every-column.ts'
import { Circle } from '#test/support/simulated-circle.ts'
import { SimulatedCloud } from '#test/support/simulated-cloud.ts'
import { type Act, storyOf } from '#test/support/stories.ts'

const readable = everyTable.filter(({ access }) => access === 'read')
const worlds: readonly (readonly [string, TableLookup, number])[] = [
  ['the tables on offer', tableLookup(everyTable), 100],
  ['references of every kind', tableLookup(referringTables), 160],
  ['networks', networks, 80],
  ['names that go round', tableLookup(namingTables), 80],
  ['names that move', tableLookup(movingTables), 80],
  ...syntheticTables.map((table) => [table.name, tableLookup([table]), 16] as const),
]

function open(tables: TableLookup): SimulatedCloud {
  const world = new SimulatedCloud(tables)
  for (const { name, columns } of readable) {
    const row = Object.fromEntries(Object.keys(columns).map((column) => [column, `${name} a`]))
    if (tables.has(name)) world.bring(name, 1, row)
  }
  return world
}

const summary = (world: SimulatedCloud) => {
  const { changes, settlements } = world.plan()
  return [...changes.map(({ key, action, reason }) => `${action} ${key}: ${reason}`), ...settlements]
}

const tell = (world: SimulatedCloud, acts: readonly Act[]): void => {
  for (const act of acts) act(world)
}

/** A counterexample names what happened. */
function inWorld(tables: TableLookup, story: (world: SimulatedCloud) => void): void {
  const world = open(tables)
  try {
    story(world)
  } catch (error) {
    // What no order can do is named, and nothing is done.
    if (error instanceof Circle && error.message.includes('circle: ')) return
    throw new Error(`${String(error)}\nafter\n${world.told.join('\n')}`, { cause: error })
  }
}

/** Depends on what happened when, and on nothing that anybody sees. */
const untold = { baseVersion: 0, editVersion: 0 }

/** Of what stands in the table and in the cloud. */
const argumentsOf = (world: SimulatedCloud, resource: ResourceState) =>
  Object.entries(resource.desired && resource.observed ? world.tableOf(resource).columns : {}).filter(
    ([, { nature }]) => nature === 'argument',
  )

describe.each(worlds)('%s', (_, tables, numRuns) => {
  test('an apply leaves nothing to do, and the cloud as the rows say', () => {
    fc.assert(
      fc.property(storyOf(tables), (chapters) => {
        inWorld(tables, (world) => {
          for (const acts of chapters) {
            tell(world, acts)
            world.apply()

            expect(summary(world)).toEqual([])
            const stands = [...world.rows.values()].flatMap(({ observed, cloudId }) =>
              observed && cloudId?.id ? [cloudId.id] : [],
            )
            expect(world.objects.ids()).toEqual(stands.sort())
          }
        })
      }),
      { numRuns },
    )
  })

  test('a sync leaves nothing to do but the edits that wait', () => {
    fc.assert(
      fc.property(storyOf(tables), storyOf(tables), (before, after) => {
        inWorld(tables, (world) => {
          tell(world, before.flat())
          world.apply()
          for (const acts of after) {
            tell(world, acts)
            const waiting = world.plan().changes.map(({ key }) => key)
            world.sync()
            world.sync()

            const left = world.plan().changes.map(({ key }) => key)
            expect(waiting).toEqual(expect.arrayContaining(left))
          }
        })
      }),
      { numRuns: numRuns / 4 },
    )
  })

  test('rows and steps in another order end the same', () => {
    fc.assert(
      fc.property(storyOf(tables), fc.array(fc.nat(), { minLength: 1 }), (chapters, choices) => {
        const end = (world: SimulatedCloud, pick: () => number) => {
          for (const acts of chapters) {
            tell(world, acts)
            world.apply(pick)
          }
          return Object.fromEntries([...world.rows].map(([key, row]) => [key, { ...row, ...untold }]))
        }
        let chosen = 0
        const pick = () => choices[chosen++ % choices.length] ?? 0

        inWorld(tables, (turned) => {
          turned.order = (all) => all.reverse()
          expect(end(turned, pick)).toEqual(end(open(tables), () => 0))
        })
      }),
      { numRuns: numRuns / 2 },
    )
  })

  test('what is enforced is undone in the cloud, what is observed stays, and neither shows up again', () => {
    const columns = [...tables.values()].flatMap(({ columns }) => Object.keys(columns))
    const policies = fc.dictionary(
      fc.constantFrom('', ...columns),
      fc.constantFrom<DriftPolicy>('track', 'enforce', 'observe'),
    )
    fc.assert(
      fc.property(storyOf(tables), storyOf(tables), policies, (before, after, given) => {
        inWorld(tables, (world) => {
          world.policy = (_table, _row, column) => given[column] ?? 'track'
          tell(world, before.flat())
          world.apply()
          for (const acts of after) {
            tell(world, acts)
            world.apply()
            expect(summary(world)).toEqual([])
            const applied = new Map(world.rows)
            world.sync()

            expect(summary(world)).toEqual([])
            for (const [key, resource] of world.rows) {
              for (const [name, column] of argumentsOf(world, resource)) {
                const row = world.resolved(resource)
                if (given[name] !== 'observe')
                  expect([key, name, equals(column, row[name], resource.observed?.[name])]).toEqual([
                    key,
                    name,
                    true,
                  ])
                else expect(resource.desired?.[name]).toEqual(applied.get(key)?.desired?.[name])
              }
            }
          }
        })
      }),
      { numRuns: numRuns / 4 },
    )
  })
})
