/** The laws of merging, for every column of every table on offer and for every kind of column there can be. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equals } from '#engine/columns/canonical.ts'
import { type DriftPolicy, mergeColumn } from '#engine/merge/merge-column.ts'
import { mergeRow } from '#engine/merge/merge-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { spelled, valuesOf } from '#test/support/column-values.ts'
import { everyTable, syntheticTables } from '#test/support/every-column.ts'

const tables = [...everyTable, ...syntheticTables]
const columnsOf = ({ columns }: TableSpec) => Object.entries(columns)
const argumentsOf = (table: TableSpec) => columnsOf(table).filter(([, { nature }]) => nature === 'argument')
const perhaps = (column: Column): fc.Arbitrary<Json> => fc.option(valuesOf(column), { nil: null, freq: 4 })
const policies: readonly DriftPolicy[] = ['track', 'enforce', 'observe']

/** Holds the law for each column by itself, and names the one for which it does not hold. */
function eachColumn<Values>(
  columns: readonly (readonly [string, Column])[],
  values: (column: Column) => fc.Arbitrary<Values>,
  law: (column: Column, values: Values) => void,
): void {
  for (const [name, column] of columns) {
    const property = fc.property(fc.constant(name), values(column), (_, given) => law(column, given))
    fc.assert(property, { numRuns: 15 })
  }
}

/** Three values that differ, of which the first and the last may be null. */
const threeOf = (column: Column) =>
  fc
    .tuple(perhaps(column), valuesOf(column), perhaps(column))
    .filter(([a, b, c]) => !equals(column, a, b) && !equals(column, b, c) && !equals(column, a, c))

/** What a changed value does that the other side left alone. */
const edited = ({ nature, clearable }: Column, value: Json): string => {
  if (nature === 'local') return 'same'
  if (nature === 'output') return 'restore'
  return value === null && !clearable ? 'pull' : 'push'
}

describe.each(tables.map((table) => [table.name, table] as const))('the columns of %s', (_, table) => {
  test('spelled otherwise are no difference', () => {
    const given = (column: Column) => fc.tuple(spelled(column), fc.constantFrom(...policies))
    eachColumn(columnsOf(table), given, (column, [{ value, again }, policy]) => {
      for (const [desired, base, observed] of [
        [value, again, value],
        [again, value, value],
        [value, value, again],
        [again, again, value],
      ] as const)
        expect(mergeColumn(column, { desired, base, observed }, policy)).toEqual({ kind: 'same' })
    })
  })

  test('take the value of the side that changed', () => {
    eachColumn(columnsOf(table), threeOf, (column, [base, changed]) => {
      const edit = mergeColumn(column, { desired: changed, base, observed: base })
      const cleared = mergeColumn(column, { desired: base, base: changed, observed: changed })
      const drift = mergeColumn(column, { desired: base, base, observed: changed })

      expect(edit.kind).toBe(edited(column, changed))
      expect(cleared.kind).toBe(edited(column, base))
      const isOurs = column.nature === 'local'
      expect(drift).toEqual(isOurs ? { kind: 'same' } : { kind: 'pull', value: changed })
    })
  })

  test('changed to one value are agreed on, to two they conflict from either side', () => {
    const given = (column: Column) => fc.tuple(threeOf(column), spelled(column))
    eachColumn(argumentsOf(table), given, (column, [[base, one, other], { value, again }]) => {
      const isNews = !equals(column, base, value)
      const both = mergeColumn(column, { desired: value, base, observed: again })
      expect(both.kind).toBe(isNews ? 'rebase' : 'same')

      const there = mergeColumn(column, { desired: one, base, observed: other })
      expect(there).toEqual({ kind: 'conflict', desired: one, observed: other })
      const back = mergeColumn(column, { desired: other, base, observed: one })
      const isUnspecified = other === null && !column.clearable
      expect(back.kind).toBe(isUnspecified ? 'pull' : 'conflict')
    })
  })

  test('never take a third value', () => {
    const given = (column: Column) =>
      fc.tuple(perhaps(column), perhaps(column), perhaps(column), fc.constantFrom(...policies))
    eachColumn(columnsOf(table), given, (column, [desired, base, observed, policy]) => {
      const verdict = mergeColumn(column, { desired, base, observed }, policy)

      if (!('value' in verdict)) return
      expect(verdict.value).toEqual(verdict.kind === 'push' ? desired : observed)
    })
  })

  test('do as the policy says when the cloud alone changed, and ignore it when somebody edited', () => {
    eachColumn(argumentsOf(table), threeOf, (column, [drifted, base, edit]) => {
      const underAll = (desired: Json) =>
        policies.map((policy) => mergeColumn(column, { desired, base, observed: drifted }, policy))

      expect(underAll(base).map(({ kind }) => kind)).toEqual(['pull', 'push', 'observe'])
      const [first, ...others] = underAll(edit)
      for (const other of others) expect(other).toEqual(first)
    })
  })
})

const rowOf = (table: TableSpec): fc.Arbitrary<Row> =>
  fc.record(
    Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, perhaps(column)])),
  )

describe.each(tables.map((table) => [table.name, table] as const))('a row of %s', (_, table) => {
  test('settles once and for all, whatever the policy, and leaves open what waits', () => {
    const policy = fc.dictionary(fc.constantFrom(...Object.keys(table.columns)), fc.constantFrom(...policies))
    fc.assert(
      fc.property(
        fc.tuple(rowOf(table), rowOf(table), rowOf(table)),
        policy,
        ([desired, base, observed], given) => {
          const policyOf = (column: string) => given[column] ?? 'track'

          const settled = settleRow(table, { desired, base, observed }, policyOf)
          const after = { desired: { ...desired, ...settled.write }, base: settled.base, observed }

          expect(settleRow(table, after, policyOf)).toEqual({ ...settled, write: {} })
          const open = Object.entries(mergeRow(table, after, policyOf))
          const waiting = open.filter(([, { kind }]) => kind !== 'observe').map(([name]) => name)
          expect(waiting.sort()).toEqual([...settled.open].sort())
        },
      ),
      { numRuns: 25 },
    )
  })
})
