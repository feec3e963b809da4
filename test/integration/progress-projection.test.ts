/** Rows that cannot take what the cloud has cost few queries, are left alone for a while, and keep nobody else waiting. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { projectOnce } from '#operations/apply/project.ts'
import { projectLeftovers } from '#operations/apply/project-leftovers.ts'
import type { Ports } from '#operations/ports.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let asked = 0
const logged: string[] = []

beforeAll(async () => {
  lab = await openTenantLab({ log: (level, message) => level === 'error' && logged.push(message) })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(() => lab.close())

const counting = (): Ports => {
  const { platform } = lab.ports
  const counted: Ports['platform'] = {
    ...platform,
    query: (...given) => {
      asked += 1
      return platform.query(...given)
    },
    run: (...given) => {
      asked += 1
      return platform.run(...given)
    },
  }
  return { ...lab.ports, platform: counted }
}

const queriesOf = async (work: (ports: Ports) => Promise<unknown>): Promise<number> => {
  asked = 0
  await work(counting())
  return asked
}

/** Rows `a-n` that are to take the name `b-n`, which other rows have. */
const takeNames = async (count: number): Promise<void> => {
  await lab.user.run(
    `INSERT INTO queue (name) SELECT c || n FROM generate_series(1, ${count}) n, unnest(ARRAY['a-', 'b-']) c`,
  )
  await lab.ports.platform.run(
    `INSERT INTO ${lab.tenant.schema}.iasql_resource (table_name, row_id, unprojected)
     SELECT 'queue', id, jsonb_build_object('write', jsonb_build_object('name', replace(name, 'a', 'b')),
       'expected', jsonb_build_object('name', name)) FROM ${lab.tenant.schema}.queue WHERE name LIKE 'a-%'`,
  )
}

/** So that it does not depend on the machine whether the time for the next try has come. */
const putOff = async (): Promise<void> => {
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_resource SET unprojected = jsonb_set(unprojected, '{refused,until}',
       to_jsonb(CAST(unprojected->'refused'->>'until' AS timestamptz) + interval '1 hour'))
     WHERE unprojected ? 'refused'`,
  )
}

const namesLike = async (pattern: string): Promise<number> =>
  (await lab.user.query(`SELECT id FROM queue WHERE name LIKE '${pattern}'`)).length

test('hundreds of refused rows are found in a few queries, and are not tried again at once', async () => {
  await takeNames(300)
  await lab.user.run(`DELETE FROM queue WHERE name = 'b-7'`)

  const first = await queriesOf(projectLeftovers)
  await putOff()
  const again = await queriesOf(projectLeftovers)

  expect(first).toBeLessThanOrEqual(15)
  // Which tenants are at work, whether one has rows left, and that it is looked at.
  expect(again).toBeLessThanOrEqual(4)
  expect([await namesLike('a-%'), await namesLike('b-7')]).toEqual([299, 1])
})

test('an execution tries them once more, and what was in the way may be gone', async () => {
  await lab.user.run(`DELETE FROM queue WHERE name LIKE 'b-1%' AND name <> 'b-1'`)

  const { left, refused } = await projectOnce(lab.ports, lab.tenant, 'all')

  expect(left).toBe(0)
  expect(refused).toHaveLength(await namesLike('a-%'))
  expect(refused[0]?.message).toMatch(/^queue \d+ cannot take over what the cloud has: Key \(name/)
  expect(await namesLike('a-1%')).toBe(1)
})

test('a tenant whose tables are out of order does not stop the sweep for the others, whoever comes first', async () => {
  const broken = await createTenant(lab.ports, { alias: 'broken', secrets: lab.secrets })
  await lab.ports.platform.run(`ALTER TABLE ${broken.schema}.iasql_resource RENAME TO hidden`)

  for (const [minute, name] of ['b-1', 'b-2'].entries()) {
    await lab.user.run(`DELETE FROM queue WHERE name = '${name}'`)
    await lab.ports.platform.run(
      `UPDATE ${lab.tenant.schema}.iasql_resource SET unprojected = unprojected - 'refused' WHERE unprojected IS NOT NULL`,
    )
    const clock = { ...lab.ports.clock, now: () => new Date(minute * 60_000) }

    await projectLeftovers({ ...lab.ports, clock })

    expect(await namesLike(name)).toBe(1)
  }
  expect(logged).toEqual(Array(2).fill('outputs of a tenant could not be brought to its rows'))
})
