/** Numbers of changes are drawn many at a time, by several planners at once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reserveChangeIds } from '#postgres/statements/plan-insert.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
})

afterAll(() => lab.close())

test('planners that draw at the same time never get the same number', async () => {
  const counts = [1, 3_000, 0, 7_000, 2_000, 500]

  const drawn = await Promise.all(
    counts.map((count) => reserveChangeIds(lab.ports.platform, lab.tenant, count)),
  )

  expect(drawn.map((ids) => ids.length)).toEqual(counts)
  expect(new Set(drawn.flat()).size).toBe(12_501)
})
