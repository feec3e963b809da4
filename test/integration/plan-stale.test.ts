/** A plan that was looked at is refused once anything of it has moved, and for no other reason. */
import { CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab
let ec2: EC2Client
let sqs: SQSClient

beforeAll(async () => {
  lab = await openPlanLab()
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  ec2 = new EC2Client(configuration)
  sqs = new SQSClient(configuration)
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
  await lab.insertNetwork('home', '10.30')
  await lab.user.run(`INSERT INTO queue (name, tags) VALUES ('jobs', '{"of":"ann"}'), ('other', '{}')`)
})
afterAll(async () => {
  await lab.close()
})
/** Whatever a test left is brought to rest. */
beforeEach(async () => {
  await lab.call('iasql_sync')
  await lab.call('iasql_apply')
})

const setVisibility = async (name: string, visibility: number): Promise<void> => {
  const [queue] = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE name = '${name}'`)
  const Attributes = { VisibilityTimeout: String(visibility) }
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue?.url ?? '', Attributes }))
}

const edit = (name: string, change: string): Promise<number> =>
  lab.user.run(`UPDATE queue SET ${change} WHERE name = '${name}'`)

const insertInHome = (name: string, block: number): Promise<number> =>
  lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone, tags)
     SELECT id, '10.30.${block}.0/24', 'us-east-1a', '{"Name":"${name}"}' FROM vpc WHERE tags->>'Name' = 'home'`,
  )

/** The view and the apply agree, and the detail says why. */
async function expectStale(planId: number, detail: string | RegExp): Promise<void> {
  expect(await lab.isStale(planId)).toBe(true)
  const refusal = await lab.refusal(planId)
  expect(refusal).toMatchObject({ code: 'plan/stale', sqlstate: 'IQ003' })
  if (typeof detail === 'string') expect(refusal.detail).toBe(detail)
  else expect(refusal.detail).toMatch(detail)
}

async function expectApplied(planId: number, done: readonly string[]): Promise<void> {
  expect(await lab.isStale(planId)).toBe(false)
  expect(await lab.apply(planId)).toEqual(done)
}

test('a row that was edited again makes it stale, and says by whom', async () => {
  await edit('jobs', 'delay_seconds = 1')
  const plan = await lab.preview()
  await edit('jobs', 'delay_seconds = 2')

  await expectStale(plan.planId, /^queue jobs: edited again by \S+$/)
})

test('a change that another apply has done makes it stale', async () => {
  await edit('jobs', 'delay_seconds = 3')
  const plan = await lab.preview()
  await lab.call('iasql_apply')

  await expectStale(plan.planId, 'queue jobs: applied since')
})

test('a change in the cloud makes it stale once it is seen, and names the conflict', async () => {
  await edit('jobs', 'delay_seconds = 4, visibility_timeout = 100')
  const plan = await lab.preview()
  await setVisibility('jobs', 200)
  expect(await lab.isStale(plan.planId)).toBe(false)
  await lab.call('iasql_sync')

  await expectStale(plan.planId, 'queue jobs: changed in the cloud; it now conflicts in visibility_timeout')
})

test('a row it refers to makes it stale when that was edited', async () => {
  await insertInHome('guest', 7)
  const plan = await lab.preview()
  await lab.user.run(`UPDATE vpc SET tags = tags || '{"note":"new"}' WHERE tags->>'Name' = 'home'`)

  await expectStale(plan.planId, 'subnet guest: vpc home, which it refers to, was edited')
})

test('a value it refers to makes it stale when the cloud has another one', async () => {
  await lab.user.run(
    `INSERT INTO queue (name, tags)
     SELECT 'pointer', jsonb_build_object('seen', iasql_ref('queue', find_queue('jobs'), 'visibility_timeout'))`,
  )
  const plan = await lab.preview()
  await setVisibility('jobs', 300)
  await lab.call('iasql_sync')

  await expectStale(plan.planId, 'queue pointer: queue jobs, which it refers to, is another in the cloud')
  await lab.user.run(`DELETE FROM queue WHERE name = 'pointer'`)
})

test('what the cloud has by now under the name of a create makes it stale', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('taken')`)
  const plan = await lab.preview()
  await sqs.send(new CreateQueueCommand({ QueueName: 'taken' }))

  expect((await lab.refusal(plan.planId)).detail).toBe(
    'queue taken: would be a different change now: adopt, because the cloud already has one of this name',
  )
  await lab.user.run(`DELETE FROM queue WHERE name = 'taken'`)
})

test('a drift policy that decided about it makes it stale when it is another', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)
  await setVisibility('jobs', 400)
  await lab.call('iasql_sync')
  await edit('jobs', 'delay_seconds = 5')
  const plan = await lab.preview()
  await lab.user.run(`UPDATE iasql_drift_policy SET policy = 'enforce'`)

  await expectStale(plan.planId, 'queue jobs: its drift policy is another')
  await lab.user.run('DELETE FROM iasql_drift_policy')
})

test('nothing else does: other rows, other plans, a sync, a new look, drift elsewhere', async () => {
  await edit('jobs', 'delay_seconds = 6')
  const plan = await lab.preview()

  await lab.insertNetwork('unrelated', '10.31')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('unrelated')`)
  const theirs = await lab.preview()
  await lab.skip(theirs.planId, theirs.of('update jobs'))
  await lab.apply(theirs.planId)
  await setVisibility('other', 77)
  await lab.call('iasql_sync')
  await lab.call('iasql_sync')
  await edit('other', 'delay_seconds = 9')

  await expectApplied(plan.planId, ['update queue jobs'])
})

test('nor do tags that the cloud has given to a row it refers to', async () => {
  await insertInHome('calm', 8)
  const plan = await lab.preview()
  const [home] = await lab.user.query<{ vpc_id: string }>(
    `SELECT vpc_id FROM vpc WHERE tags->>'Name' = 'home'`,
  )
  await ec2.send(
    new CreateTagsCommand({ Resources: [home?.vpc_id ?? ''], Tags: [{ Key: 'cost', Value: '1' }] }),
  )
  await lab.call('iasql_sync')

  await expectApplied(plan.planId, ['create subnet calm'])
})

test('nor does what AWS counts by itself', async () => {
  await lab.user.run(
    `UPDATE subnet SET map_public_ip_on_launch = NOT map_public_ip_on_launch WHERE tags->>'Name' = 'home-subnet'`,
  )
  const plan = await lab.preview()
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_resource
     SET observed = observed || '{"available_ip_address_count": 17}', observed_at = now()
     WHERE natural_name = 'home-subnet'`,
  )

  await expectApplied(plan.planId, ['update subnet home-subnet'])
})

test('nor that it was shown what the cloud has already under a name', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'legacy', Attributes: { DelaySeconds: '9' } }))
  await lab.user.run(`INSERT INTO queue (name) VALUES ('legacy')`)
  const plan = await lab.preview()

  expect(plan.lines).toEqual(['adopt legacy'])
  await expectApplied(plan.planId, ['adopt queue legacy'])
})

test('what is left out by choice may move as it likes', async () => {
  await edit('jobs', 'delay_seconds = 7')
  await edit('other', 'delay_seconds = 7')
  const plan = await lab.preview()
  await edit('jobs', 'delay_seconds = 8')
  expect(await lab.isStale(plan.planId)).toBe(true)
  await lab.skip(plan.planId, plan.of('update jobs'))

  await expectApplied(plan.planId, ['update queue other'])
})

test('is refused before anything of it is done', async () => {
  await edit('jobs', 'delay_seconds = 10')
  await edit('other', 'delay_seconds = 10')
  const plan = await lab.preview()
  await edit('jobs', 'delay_seconds = 11')
  lab.calls.length = 0

  await lab.refusal(plan.planId)

  expect(lab.calls).toEqual([])
  expect((await lab.preview()).lines).toEqual(['update jobs', 'update other'])
})
