/** What help shows as an example of a function is a statement that runs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  const { modules } = await lab.ports.modules()
  await lab.call('iasql_install', [modules.map(({ name }) => name)])
})
afterAll(async () => {
  await lab?.close()
})

const sampleOf = async (name: string): Promise<string | undefined> => {
  const rows = await lab.user.query<{ sample: string }>(
    `SELECT sample_usage AS sample FROM iasql_help() WHERE name = '${name}'`,
  )
  return rows[0]?.sample
}

test('the example of a lookup by a natural key finds a row, or finds that there is none', async () => {
  const finders = await lab.user.query<{ name: string; sample: string }>(
    `SELECT name, sample_usage AS sample FROM iasql_help() WHERE name LIKE 'find\\_%'`,
  )

  const outcomes: string[] = []
  for (const { name, sample } of finders) {
    const outcome = await lab.user.query(sample).then(
      () => 'found',
      (error: Error) => (/no \w+ is named/.test(error.message) ? 'none' : `${name}: ${error.message}`),
    )
    outcomes.push(outcome)
  }

  expect(finders.length).toBeGreaterThan(30)
  expect(outcomes.filter((outcome) => outcome !== 'found' && outcome !== 'none')).toEqual([])
})

test('of columns of which a row has one, the example gives one', async () => {
  expect(await sampleOf('find_security_group_rule')).toBe(
    "SELECT find_security_group_rule(1, false, '-1', NULL, NULL, '10.0.0.0/16', NULL, NULL, NULL, NULL)",
  )
  expect(await sampleOf('find_listener')).toBe('SELECT find_listener(1, 1)')
  expect(await sampleOf('find_subscription')).toBe("SELECT find_subscription(1, '…', '…', NULL)")
  expect(await sampleOf('find_role_policy_attachment')).toBe(
    "SELECT find_role_policy_attachment('…', 1, NULL)",
  )
})
