import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PolicyEntry, policyLookup } from '#engine/merge/drift-policy.ts'
import type { DriftPolicy } from '#engine/merge/merge-column.ts'
import type { RowStates } from '#engine/merge/merge-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { applied, edited, networks } from '#test/support/engine-tables.ts'

const queue = networks.get('queue') as TableSpec
const policyOf = fc.constantFrom<DriftPolicy>('track', 'observe', 'enforce')
const values = fc.record({
  visibility_timeout: fc.constantFrom<Json>(null, 10, 20, 30),
  policy: fc.constantFrom<Json>(null, { Statement: [] }, { Statement: [{ Action: 'sqs:*' }] }),
  url: fc.constantFrom<Json>('https://a', 'https://b'),
})
const name = { name: 'jobs', fifo_queue: false }
const states = fc.record({ desired: values, base: values, observed: values }).map(
  (rows): RowStates => ({
    desired: { ...name, ...rows.desired },
    base: { ...name, ...rows.base },
    observed: { ...name, ...rows.observed },
  }),
)
const policies = fc.record({ visibility_timeout: policyOf, policy: policyOf, url: policyOf })
const columnPolicy = (chosen: Readonly<Record<string, DriftPolicy>>) => (column: string) =>
  chosen[column] ?? 'track'

const synced = (before: RowStates, policy: (column: string) => DriftPolicy) => {
  const { base, write, drifted } = settleRow(queue, before, policy)
  return {
    states: { base, desired: { ...before.desired, ...write } as Row, observed: before.observed },
    write,
    drifted,
  }
}

test('a second sync finds nothing new, and the same drift', () => {
  fc.assert(
    fc.property(states, policies, (before, chosen) => {
      const once = synced(before, columnPolicy(chosen))

      const twice = synced(once.states, columnPolicy(chosen))

      expect(twice.write).toEqual({})
      expect(twice.states).toEqual(once.states)
      expect(twice.drifted).toEqual(once.drifted)
    }),
  )
})

test('what is not tracked is never written over, but for outputs and what cannot be enforced', () => {
  fc.assert(
    fc.property(states, fc.constantFrom<DriftPolicy>('observe', 'enforce'), (before, policy) => {
      const { write } = synced(before, () => policy)

      for (const column of Object.keys(write)) {
        const isOutput = queue.columns[column]?.nature === 'output'
        const isOpen = before.desired[column] === null
        const isAgreed = isOpen && before.base[column] === null
        expect(isOutput || (isOpen && !(isAgreed && policy === 'observe'))).toBe(true)
      }
    }),
  )
})

test('right after a sync only edits, conflicts and what is enforced are planned', () => {
  fc.assert(
    fc.property(
      values,
      values,
      policies,
      fc.option(fc.constantFrom<Json>(11, 22)),
      (base, observed, chosen, edit) => {
        const resource = applied('queue', 4, { ...name, ...base })
        const policy = columnPolicy(chosen)
        const once = synced(
          { desired: resource.desired ?? {}, base: resource.base ?? {}, observed: { ...name, ...observed } },
          policy,
        )
        const settled = { ...resource, ...once.states }
        const now = edit === null ? settled : edited(settled, { visibility_timeout: edit })

        const { changes } = planChanges({
          tables: networks,
          resources: [now],
          policy: (_, __, column) => policy(column),
        })

        const planned = Object.keys(changes[0]?.delta ?? {})
        for (const column of planned) {
          const isEdited = edit !== null && column === 'visibility_timeout'
          const isEnforced =
            chosen[column as keyof typeof chosen] === 'enforce' && once.drifted.includes(column)
          expect(isEdited || isEnforced).toBe(true)
        }
        for (const column of once.drifted) {
          if (policy(column) === 'enforce') expect(planned).toContain(column)
        }
      },
    ),
  )
})

test('the order in which policies were set does not matter, and a more particular one always decides', () => {
  const entry = fc.record({
    table: fc.constant('queue'),
    rowId: fc.constantFrom(null, 1, 2),
    column: fc.constantFrom(null, 'policy', 'url'),
    policy: policyOf,
  })
  const identity = ({ rowId, column }: PolicyEntry) => `${rowId}/${column}`
  const entries = fc.uniqueArray(entry, { selector: identity })
  fc.assert(
    fc.property(entries, (given) => {
      const ask = (all: readonly PolicyEntry[]) => policyLookup(all)('queue', 1, 'policy')
      const levels = ['1/policy', '1/null', 'null/policy', 'null/null']
      const decisive = levels.map((level) => given.find((one) => identity(one) === level)).find(Boolean)

      expect(ask(given)).toBe(decisive?.policy ?? 'track')
      expect(ask(given.toReversed())).toBe(ask(given))
    }),
  )
})
