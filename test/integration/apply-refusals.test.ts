/** What AWS or the engine refuses: the rest is done, the error says what was not, and the plan still shows it. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const failure = async (work: Promise<unknown>): Promise<IasqlError> =>
  await work.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: IasqlError) => error,
  )

test('applies the rest when AWS refuses a subnet outside its network, and says so with the request id', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.1.0.0/16', '{"Name":"net"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '192.168.0.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'net'`,
  )

  const error = await failure(lab.call('iasql_apply'))

  expect(error).toMatchObject({ code: 'apply/changes-failed', sqlstate: 'IQ001' })
  expect(error.message).toMatch(/^1 of 2 changes failed\. .*CIDR.*request/)
  expect(error.detail).toMatch(/^create subnet/)
  expect(error.hint).toContain('iasql_execution')
  expect(error.awsRequestId).toBeTruthy()
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'create', table_name: 'subnet' }])
  const changes = await lab.user.query(
    `SELECT table_name, state FROM iasql_change WHERE execution_id IS NOT NULL ORDER BY table_name`,
  )
  expect(changes).toEqual([
    { table_name: 'subnet', state: 'failed' },
    { table_name: 'vpc', state: 'done' },
  ])
  await lab.user.run(`DELETE FROM subnet WHERE cidr_block = '192.168.0.0/24'`)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('takes over an existing queue only after somebody was shown that it would', async () => {
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await sqs.send(new CreateQueueCommand({ QueueName: 'legacy', Attributes: { VisibilityTimeout: '77' } }))
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('legacy', 50)`)

  expect(await failure(lab.call('iasql_apply'))).toMatchObject({ sqlstate: 'IQ007' })
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'adopt', risk: 'takes over' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'adopt', table_name: 'queue' }])

  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('applies exactly the plan that was looked at, or refuses it when a row has moved', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('one'), ('two')`)
  const [first] = await lab.call('iasql_preview')
  await lab.user.run(`UPDATE queue SET visibility_timeout = 12 WHERE name = 'two'`)

  const stale = await failure(lab.call('iasql_apply', [Number(first?.plan_id), false, true, 'wait']))
  const [fresh] = await lab.call('iasql_preview')
  const applied = await lab.call('iasql_apply', [Number(fresh?.plan_id), false, true, 'wait'])

  expect(stale).toMatchObject({ sqlstate: 'IQ003' })
  expect(stale.message).toContain('two')
  expect(applied).toHaveLength(2)
})

test('applies only one’s own edits on request', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('mine')`)
  const theirs = await lab.call('iasql_apply', [null, true, true, 'wait'], { actor: 'somebody else' })
  expect(theirs).toEqual([])

  const mine = await lab.call('iasql_apply', [null, true, true, 'wait'], { actor: lab.tenant.writerRole })
  expect(mine).toHaveLength(1)
})

test('names who may call what, and what there is', async () => {
  const denied = await failure(lab.call('iasql_apply', [null, false, true, 'wait'], { role: 'editor' }))
  const unknown = await failure(lab.call('iasql_aply', []))
  const policy = await failure(lab.call('iasql_apply', [null, false, true, 'whatever']))

  expect(denied).toMatchObject({ code: 'auth/role', sqlstate: '42501' })
  expect(unknown).toMatchObject({ sqlstate: '42883' })
  expect(policy).toMatchObject({ sqlstate: '22023' })
})
