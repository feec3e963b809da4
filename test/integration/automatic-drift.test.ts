/** Automatic mode and drift checks together: what is enforced is put back, what is gone waits for a sync, families go or stay as one. */
import { DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DriftLab, openDriftLab } from '#test/support/drift-lab.ts'

let drift: DriftLab

beforeAll(async () => {
  drift = await openDriftLab()
  await drift.lab.call('iasql_install', [['aws_sqs', 'aws_vpc']])
  await drift.set('drift_interval', '5')
  await drift.set('automatic_mode', 'apply')
})
afterAll(async () => {
  await drift.close()
})

const rows = <Row extends object>(sql: string): Promise<readonly Row[]> => drift.lab.user.query<Row>(sql)
const urlOf = async (QueueName: string): Promise<string> =>
  (await drift.sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
const timeoutInCloud = async (name: string): Promise<string | undefined> => {
  const asked = { QueueUrl: await urlOf(name), AttributeNames: ['VisibilityTimeout' as const] }
  return (await drift.sqs.send(new GetQueueAttributesCommand(asked))).Attributes?.VisibilityTimeout
}

test('what is enforced is put back without anybody asking', async () => {
  await drift.lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('kept', 60)`)
  await drift.lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`)
  await drift.tick(2)
  await drift.changeInCloud('kept', 45)
  await drift.tick(6)
  const whenChecked = await timeoutInCloud('kept')
  await drift.tick(1)

  expect(whenChecked).toBe('45')
  expect(await timeoutInCloud('kept')).toBe('60')
  await drift.lab.user.run('DELETE FROM iasql_drift_policy')
})

test('while checks only look, the row of what is gone stays and says so, and goes with the next sync', async () => {
  await drift.set('automatic_mode', 'off')
  await drift.sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf('kept') }))
  await drift.tick(6)

  expect(await rows(`SELECT name FROM queue`)).toEqual([{ name: 'kept' }])
  expect(await rows('SELECT natural_name, column_name, policy FROM iasql_drift')).toEqual([
    { natural_name: 'kept', column_name: null, policy: 'track' },
  ])
  expect(await drift.lab.call('iasql_preview')).toEqual([])
  await drift.lab.call('iasql_sync')
  expect(await rows(`SELECT name FROM queue`)).toEqual([])
})

test('what AWS made along with a network waits with it, and goes with it', async () => {
  await drift.set('automatic_mode', 'apply')
  await drift.lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.9.0.0/16')`)
  await drift.tick(2)
  const tables = () =>
    rows<{ n: number }>(`SELECT count(*)::int AS n FROM route_table t JOIN vpc v ON v.id = t.vpc_id
      WHERE v.cidr_block = '10.9.0.0/16'`)
  const known = async () => {
    const [found] = await drift.lab.ports.platform.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${drift.lab.tenant.schema}.iasql_resource WHERE table_name IN ('vpc', 'route_table')`,
    )
    return found?.n
  }
  expect(await tables()).toEqual([{ n: 1 }])
  const before = (await known()) ?? 0

  await drift.lab.user.run(`DELETE FROM vpc WHERE cidr_block = '10.9.0.0/16'`)
  await drift.tick(2)
  const meanwhile = await known()
  await drift.lab.call('iasql_preview')
  await drift.tick(2)

  expect(meanwhile).toBe(before)
  expect(await known()).toBe(before - 2)
  expect(drift.errors).toEqual([])
})
