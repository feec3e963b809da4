/** What plans, results and errors say: names that people know, and never the engine's own words for them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab

beforeAll(async () => {
  lab = await openPlanLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const namesIn = (rows: readonly Row[]) =>
  rows.map(({ table_name, natural_name }) => `${String(table_name)} ${String(natural_name)}`).sort()

test('rows without a name are shown by their network, their id or their row', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.40.0.0/16')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '10.40.1.0/24', 'us-east-1a' FROM vpc WHERE cidr_block = '10.40.0.0/16'`,
  )
  await lab.user.run(
    `INSERT INTO internet_gateway (vpc_id) SELECT id FROM vpc WHERE cidr_block = '10.40.0.0/16'`,
  )
  const [gateway] = await lab.user.query<{ id: number }>('SELECT id FROM internet_gateway')

  const { rows } = await lab.preview()
  const explained = await lab.call('iasql_explain_apply', [null])
  const applied = await lab.call('iasql_apply')

  const names = ['internet_gateway row ', 'subnet 10.40.1.0/24', 'vpc 10.40.0.0/16']
  names[0] += String(gateway?.id)
  expect(namesIn(rows)).toEqual(names)
  expect(rows.map(({ id }) => id).sort()).toEqual(
    ['10.40.0.0/16', '10.40.1.0/24', String(gateway?.id)].sort(),
  )
  expect(namesIn(explained)).toEqual(names)
  expect(applied.map(({ description }) => description).sort()).toEqual(names)
})

test('what has no name and stands is shown by its id in the cloud', async () => {
  const [vpc] = await lab.user.query<{ vpc_id: string }>(
    `UPDATE vpc SET enable_dns_hostnames = true WHERE cidr_block = '10.40.0.0/16' RETURNING vpc_id`,
  )
  const [subnet] = await lab.user.query<{ subnet_id: string }>(
    `UPDATE subnet SET map_public_ip_on_launch = true WHERE cidr_block = '10.40.1.0/24' RETURNING subnet_id`,
  )

  const { rows } = await lab.preview()
  await lab.call('iasql_apply')

  expect(namesIn(rows)).toEqual([`subnet ${subnet?.subnet_id}`, `vpc ${vpc?.vpc_id}`])
  const changes = await lab.user.query(
    `SELECT table_name, natural_name FROM iasql_change WHERE natural_name IS NULL OR natural_name = ''`,
  )
  expect(changes).toEqual([])
})

test('a replaced network is named where others are pointed at the new one, and nothing waits in a circle', async () => {
  await lab.insertNetwork('main', '10.41')
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.42.0.0/16' WHERE tags->>'Name' = 'main'`)
  await lab.user.run(`UPDATE subnet SET cidr_block = '10.42.1.0/24' WHERE tags->>'Name' = 'main-subnet'`)

  const { rows, of } = await lab.preview()

  const [subnet, vpc] = ['main-subnet', 'main'].map((name) => rows.find((row) => row.natural_name === name))
  expect(subnet).toMatchObject({
    action: 'replace',
    description: expect.stringMatching(/^subnet main-subnet: .*vpc_id to the new main/),
    changed: { vpc_id: { replaced: 'main' } },
    depends_on: [of('replace main')],
  })
  expect(vpc).toMatchObject({ action: 'replace', depends_on: [] })
  const [stored] = await lab.user.query(
    `SELECT depends_on::text FROM iasql_change WHERE change_id = ${of('replace main')}`,
  )
  expect(stored).toEqual({ depends_on: '{}' })
  const applied = await lab.call('iasql_apply')
  expect(applied.map(({ description }) => description)).toContainEqual(
    expect.stringContaining('vpc_id to the new main'),
  )
})

test('whoever leaves one of a circle out leaves out the other as well', async () => {
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.43.0.0/16' WHERE tags->>'Name' = 'main'`)
  await lab.user.run(`UPDATE subnet SET cidr_block = '10.43.1.0/24' WHERE tags->>'Name' = 'main-subnet'`)
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('replace main-subnet'))

  expect(await lab.apply(plan.planId)).toEqual([])
  expect((await lab.preview()).lines).toEqual(['replace main', 'replace main-subnet'])
  await lab.call('iasql_apply')
})

test('what is skipped because of a failure names what failed', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.0.0.0/8', '{"Name":"too-wide"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone, tags)
     SELECT id, '10.0.1.0/24', 'us-east-1a', '{"Name":"in-it"}' FROM vpc WHERE tags->>'Name' = 'too-wide'`,
  )

  const error = await lab.call('iasql_apply').then(
    () => undefined,
    (refused: IasqlError) => refused,
  )

  expect(error?.detail).toContain('create subnet in-it: it needs the create of vpc too-wide, which failed')
  const messages = await lab.user.query<{ message: string }>(
    `SELECT error->>'message' AS message FROM iasql_change WHERE error IS NOT NULL
     UNION ALL SELECT body->>'message' FROM iasql_event WHERE body->>'message' IS NOT NULL`,
  )
  expect(messages.length).toBeGreaterThan(2)
  for (const { message } of messages) expect(message).not.toMatch(/\w+\/\d+#\w+/)
})
