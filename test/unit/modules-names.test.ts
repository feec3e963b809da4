/** What AWS gives only once, by the tables of the modules: only that keeps a new one waiting for the old one's end. */
import { expect, test } from 'vitest'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { modules } from '#modules/registry.ts'
import { applied, edited } from '#test/support/engine-tables.ts'

const tables = tableLookup(modules.flatMap((module) => module.tables))
const group = applied('security_group', 1, { group_name: 'web', description: 'Servers', vpc_id: null })

const planned = (change: Readonly<Record<string, string>>) =>
  planChanges({ tables, resources: [edited(group, change)] }).changes.map(
    ({ action, replaceBefore }) => `${action}${replaceBefore ? ', the old one first' : ''}`,
  )

test.each([
  [{ group_name: 'shop' }, 'replace'],
  [{ group_name: 'shop', description: 'Others' }, 'replace'],
  [{ description: 'Others' }, 'replace, the old one first'],
])('a security group of which %o changes: %s', (change, expected) => {
  expect(planned(change)).toEqual([expected])
})
