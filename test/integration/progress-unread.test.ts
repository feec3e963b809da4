/** What cannot be read after a write hides nothing that can be, however much of it there is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noteTried, unreadResources } from '#postgres/statements/resource-unread.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
})
afterAll(() => lab.close())

test('those that were tried stand behind those that were not', async () => {
  const { tenant, ports } = lab
  await ports.platform.run(
    `INSERT INTO ${tenant.schema}.iasql_resource (table_name, row_id, cloud_id, unread)
     SELECT 'queue', n, jsonb_build_object('url', n), true FROM generate_series(1, 1200) n`,
  )

  const first = await unreadResources(ports.platform, tenant)
  await noteTried(
    ports.platform,
    tenant,
    first.map((one) => one.resource_id),
  )
  const second = await unreadResources(ports.platform, tenant)

  const tried = new Set(first.map((one) => one.row_id))
  expect(first).toHaveLength(1_000)
  expect(second.slice(0, 200).filter((one) => tried.has(one.row_id))).toEqual([])
})
