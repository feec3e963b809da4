/** A hint is an extra: what goes wrong while it is looked for takes nothing from the error that it is for. */
import { expect, test } from 'vitest'
import { tableLookup } from '#engine/plan/resource.ts'
import { registry } from '#modules/registry.ts'
import { elsewhereHint } from '#operations/run/elsewhere-hint.ts'
import type { Queryable } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'

const lookup = tableLookup(registry.modules.flatMap(({ tables }) => tables))
const broken = {
  sqlstate: '23503',
  message: 'insert or update on table "subnet" violates foreign key constraint "subnet_vpc_id_fkey"',
  detail: 'Key (account_id, region, vpc_id)=(123456789012, us-east-1, 7) is not present in table "vpc".',
}
const hintOver = (query: (sql: string) => Promise<unknown>) =>
  elsewhereHint({ query } as unknown as Queryable, { schema: 't_1' } as Tenant, broken, lookup)

test('a look that fails gives no hint', async () => {
  const hint = await hintOver(() => Promise.reject(new Error('out of connections')))

  expect(hint).toBeUndefined()
})

test('the row is looked up as what its column holds', async () => {
  const asked: string[] = []

  const hint = await hintOver(async (sql) => {
    asked.push(sql)
    return [{ row_id: 7, account_id: '123456789012', region: 'us-west-2' }]
  })

  expect(hint).toContain('vpc 7 is in us-west-2')
  expect(asked.join()).toContain('"id" = CAST(:value AS bigint)')
})
