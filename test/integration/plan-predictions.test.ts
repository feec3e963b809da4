/** What a preview says of risk, of calls and of whose change it is, held against what happens. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab

beforeAll(async () => {
  lab = await openPlanLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const isWrite = ({ operation }: { readonly operation: string }): boolean =>
  !/^(Describe|Get|List)/.test(operation)

/** Applies what is planned: the calls that write are as many as the preview said. */
async function expectPredictedCalls(lines: Readonly<Record<string, number>>): Promise<void> {
  const { rows } = await lab.preview()
  expect(
    Object.fromEntries(
      rows.map((row) => [
        `${String(row.action)} ${String(row.table_name)} ${String(row.natural_name)}`,
        row.calls,
      ]),
    ),
  ).toEqual(lines)
  lab.calls.length = 0
  await lab.call('iasql_apply')
  const total = Object.values(lines).reduce((sum, calls) => sum + calls, 0)
  expect(lab.calls.filter(isWrite).map(({ operation }) => operation)).toHaveLength(total)
}

const risks = async (): Promise<Readonly<Record<string, unknown>>> =>
  Object.fromEntries(
    (await lab.preview()).rows.map((row) => [
      `${String(row.action)} ${String(row.table_name)} ${String(row.natural_name)}`,
      row.risk,
    ]),
  )

test('counts the calls of creates, of which some columns need their own', async () => {
  await lab.user.run(
    `INSERT INTO vpc (cidr_block, enable_dns_hostnames, enable_network_address_usage_metrics, tags)
     VALUES ('10.60.0.0/16', true, true, '{"Name":"net"}')`,
  )
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone, map_public_ip_on_launch, tags)
     SELECT id, '10.60.1.0/24', 'us-east-1a', true, '{"Name":"sub"}' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(
    `INSERT INTO internet_gateway (vpc_id, tags) SELECT id, '{"Name":"door"}' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(`INSERT INTO queue (name, tags) VALUES ('jobs', '{"a":"1","b":"2"}')`)

  await expectPredictedCalls({
    'create vpc net': 3,
    'create subnet sub': 2,
    'create internet_gateway door': 2,
    'create queue jobs': 1,
  })
})

test('counts those of updates, with tags apart', async () => {
  await lab.user.run(
    `UPDATE queue SET visibility_timeout = 10, delay_seconds = 3, tags = '{"a":"9"}' WHERE name = 'jobs'`,
  )
  await lab.user.run(
    `UPDATE vpc SET enable_dns_hostnames = false, tags = tags || '{"x":"y"}' WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(`UPDATE internet_gateway SET vpc_id = NULL WHERE tags->>'Name' = 'door'`)

  await expectPredictedCalls({
    'update queue jobs': 3,
    'update vpc net': 2,
    'update internet_gateway door': 1,
  })
})

test('counts those of replacements and deletions', async () => {
  await lab.user.run(`UPDATE subnet SET cidr_block = '10.60.2.0/24' WHERE tags->>'Name' = 'sub'`)
  await lab.user.run(
    `UPDATE internet_gateway SET vpc_id = (SELECT id FROM vpc WHERE tags->>'Name' = 'net') WHERE tags->>'Name' = 'door'`,
  )
  await expectPredictedCalls({ 'replace subnet sub': 3, 'update internet_gateway door': 1 })
  await lab.user.run(`DELETE FROM internet_gateway WHERE tags->>'Name' = 'door'`)
  await lab.user.run(`DELETE FROM queue WHERE name = 'jobs'`)

  await expectPredictedCalls({ 'delete internet_gateway door': 2, 'delete queue jobs': 1 })
})

test('tells what deletes data, what interrupts service and what does neither', async () => {
  await lab.user.run(
    `INSERT INTO internet_gateway (vpc_id, tags) SELECT id, '{"Name":"gate"}' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(
    `INSERT INTO route_table (vpc_id, tags) SELECT id, '{"Name":"ways"}' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(
    `INSERT INTO route (route_table_id, destination, internet_gateway_id)
     SELECT r.id, '0.0.0.0/0', g.id FROM route_table r, internet_gateway g
     WHERE r.tags->>'Name' = 'ways' AND g.tags->>'Name' = 'gate'`,
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('kept'), ('dropped')`)
  expect(new Set(Object.values(await risks()))).toEqual(new Set(['none']))
  await lab.call('iasql_apply')

  await lab.user.run(`DELETE FROM queue WHERE name = 'dropped'`)
  await lab.user.run(`UPDATE queue SET delay_seconds = 1 WHERE name = 'kept'`)
  await lab.user.run(`DELETE FROM route WHERE destination = '0.0.0.0/0' AND NOT is_default`)
  await lab.user.run(`UPDATE internet_gateway SET vpc_id = NULL WHERE tags->>'Name' = 'gate'`)
  await lab.user.run(`UPDATE subnet SET cidr_block = '10.60.3.0/24' WHERE tags->>'Name' = 'sub'`)
  await lab.user.run(`UPDATE vpc SET enable_dns_support = false WHERE tags->>'Name' = 'net'`)
  await lab.user.run(`UPDATE route_table SET tags = tags || '{"of":"ann"}' WHERE tags->>'Name' = 'ways'`)

  expect(await risks()).toEqual({
    'delete queue dropped': 'deletes data',
    'update queue kept': 'none',
    'delete route ways/0.0.0.0/0': 'interrupts service',
    'update internet_gateway gate': 'interrupts service',
    'replace subnet sub': 'interrupts service',
    'update vpc net': 'interrupts service',
    'update route_table ways': 'none',
  })
  await lab.call('iasql_apply')
})
