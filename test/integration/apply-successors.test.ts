/** A row that takes the place of a deleted one of its name: what refers to the name means the new row. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

test('a queue made again in the same apply that refers to itself gets what AWS says of it', async () => {
  await lab.user.run("INSERT INTO queue (id, name) VALUES (901, 'jobs')")
  await lab.call('iasql_apply')
  await lab.user.run("DELETE FROM queue WHERE name = 'jobs'")
  await lab.user.run("INSERT INTO queue (id, name, redrive_target_id) VALUES (902, 'jobs', 902)")

  await lab.call('iasql_apply')

  expect(
    await lab.user.query('SELECT id, arn, redrive_target_id, redrive_max_receive_count FROM queue'),
  ).toEqual([
    {
      id: 902,
      arn: 'arn:aws:sqs:us-east-1:123456789012:jobs',
      redrive_target_id: 902,
      redrive_max_receive_count: 10,
    },
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
})
