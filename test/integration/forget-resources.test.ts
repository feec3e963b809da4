/** A forgotten row goes, its resource stays, and no sync brings it back until somebody adopts it. */
import { CreateSubnetCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { DeleteQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { RpcCall } from '#operations/rpc/catalogue.ts'
import { callRpc, completeRpc } from '#operations/rpc/registry.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let ec2: EC2Client
let isUntaggingDenied = false

beforeAll(async () => {
  lab = await openTenantLab({
    log: () => undefined,
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          send: (command, input) => {
            if (isUntaggingDenied && command.name === 'DeleteTagsCommand') {
              throw new IasqlError('cloud/denied', 'DeleteTags: not allowed')
            }
            return api.send(command, input)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  sqs = new SQSClient(configuration)
  ec2 = new EC2Client(configuration)
})
beforeEach(() => {
  isUntaggingDenied = false
})
afterAll(async () => {
  await lab.close()
})

const idOf = async (table: string, where: string): Promise<number> => {
  const rows = await lab.user.query<{ id: number }>(`SELECT id FROM ${table} WHERE ${where}`)
  return rows[0]?.id ?? 0
}
/** With its notices, as the runner gets them. */
const forget = async (table: string, id: number): Promise<readonly string[]> => {
  const call: RpcCall = {
    tenant: lab.tenant,
    name: 'iasql_forget',
    arguments: [table, id],
    actor: 'ann',
    role: 'operator',
    runId: '00000000-0000-0000-0000-000000000000',
    statement: 0,
    context: '00000000-0000-0000-0000-000000000000',
  }
  await callRpc(lab.ports, call)
  return await completeRpc(lab.ports, [call], async () => undefined)
}
const makeQueue = async (name: string): Promise<number> => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('${name}')`)
  await lab.call('iasql_apply')
  return await idOf('queue', `name = '${name}'`)
}
const makeVpc = async (cidr: string): Promise<number> => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('${cidr}', '{"team":"net"}')`)
  await lab.call('iasql_apply')
  return await idOf('vpc', `cidr_block = '${cidr}'`)
}
const tagsOf = async (cidr: string): Promise<readonly string[]> => {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  const vpc = Vpcs.find(({ CidrBlock }) => CidrBlock === cidr)
  return (vpc?.Tags ?? []).map(({ Key = '' }) => Key).sort()
}

test('the queue stays in the cloud and stays away from the tables until it is adopted', async () => {
  const id = await makeQueue('kept')
  lab.calls.length = 0

  const notices = await forget('queue', id)

  expect(lab.calls).toEqual([])
  expect(notices).toEqual([expect.stringContaining('a sync leaves it alone until iasql_adopt(')])
  expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'kept' }))).toMatchObject({
    QueueUrl: expect.stringContaining('/kept'),
  })
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await idOf('queue', `name = 'kept'`)).toBe(0)
  expect(await lab.user.query('SELECT table_name, natural_name, forgotten_by FROM iasql_forgotten')).toEqual([
    { table_name: 'queue', natural_name: 'kept', forgotten_by: 'ann' },
  ])
  await lab.call('iasql_adopt', ['queue', 'kept', null, null])
  expect(await idOf('queue', `name = 'kept'`)).toBeGreaterThan(0)
  expect(await lab.user.query('SELECT FROM iasql_forgotten')).toEqual([])
})

test('a new row of the name takes it over like any other’s, once that was shown', async () => {
  await forget('queue', await makeQueue('regretted'))
  await lab.user.run(`INSERT INTO queue (name) VALUES ('regretted')`)

  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'adopt', risk: 'takes over' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'adopt' }])

  expect(await lab.user.query('SELECT FROM iasql_forgotten')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a network that is adopted again is remembered no more, nor what AWS made along with it', async () => {
  const id = await makeVpc('10.89.0.0/16')
  const [vpc] = await lab.user.query<{ vpc_id: string }>(`SELECT vpc_id FROM vpc WHERE id = ${id}`)
  await forget('vpc', id)
  const [before] = await lab.user.query<{ tables: number }>(
    'SELECT count(DISTINCT table_name)::int AS tables FROM iasql_forgotten',
  )

  await lab.call('iasql_adopt', ['vpc', String(vpc?.vpc_id), null, null])

  expect(before?.tables).toBeGreaterThan(1)
  expect(await lab.user.query('SELECT table_name FROM iasql_forgotten')).toEqual([])
})

test('what was made again under the name, after it had gone, is news', async () => {
  const id = await makeQueue('twice')
  await forget('queue', id)
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'twice' }))
  await sqs.send(new DeleteQueueCommand({ QueueUrl }))
  expect(await lab.call('iasql_sync', [['queue']])).toEqual([])

  expect(await lab.user.query('SELECT FROM iasql_forgotten')).toEqual([])
})

test('a network goes with what AWS made along with it, and our tag goes from it', async () => {
  const id = await makeVpc('10.80.0.0/16')
  expect(await tagsOf('10.80.0.0/16')).toEqual(['iasql:token', 'team'])
  lab.calls.length = 0

  await forget('vpc', id)

  expect(lab.calls.map(({ operation }) => operation)).toEqual(['DeleteTags'])
  expect(await tagsOf('10.80.0.0/16')).toEqual(['team'])
  expect(await idOf('route', `destination = '10.80.0.0/16'`)).toBe(0)
  expect(await idOf('route_table', `vpc_id = ${id}`)).toBe(0)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('says so when the tag could not be removed', async () => {
  const id = await makeVpc('10.81.0.0/16')
  isUntaggingDenied = true

  const notices = await forget('vpc', id)

  expect(notices[1]).toMatch(/could not be removed: DeleteTags: not allowed/)
  expect(await idOf('vpc', `cidr_block = '10.81.0.0/16'`)).toBe(0)
  isUntaggingDenied = false
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('stays while other rows refer to it, and names them', async () => {
  const id = await makeVpc('10.82.0.0/16')
  await lab.user.run(`INSERT INTO subnet (vpc_id, cidr_block) VALUES (${id}, '10.82.1.0/24')`)
  await lab.call('iasql_apply')
  const subnet = await idOf('subnet', `cidr_block = '10.82.1.0/24'`)

  await expect(forget('vpc', id)).rejects.toMatchObject({
    sqlstate: '23503',
    message: `row ${id} of vpc cannot be forgotten: row ${subnet} of subnet refer to it`,
  })
  await forget('subnet', subnet)
  await forget('vpc', id)

  expect(await lab.call('iasql_sync')).toEqual([])
})

test('stays while a text of another row refers to it', async () => {
  const id = await makeQueue('quoted')
  await lab.user.run(
    `INSERT INTO queue (name, tags) VALUES ('quoting', jsonb_build_object('peer', iasql_ref('queue', ${id}, 'arn')))`,
  )
  await lab.call('iasql_apply')
  const quoting = await idOf('queue', `name = 'quoting'`)

  await expect(forget('queue', id)).rejects.toMatchObject({
    message: expect.stringContaining(`row ${quoting} of queue refer to it`),
  })
  await forget('queue', quoting)
  await forget('queue', id)

  expect(await lab.call('iasql_sync')).toEqual([])
})

test('what lies in a forgotten network is not torn from it: the network shows as an external row', async () => {
  const id = await makeVpc('10.83.0.0/16')
  const [{ VpcId }] = (await lab.user.query(`SELECT vpc_id AS "VpcId" FROM vpc WHERE id = ${id}`)) as [
    { VpcId: string },
  ]
  await forget('vpc', id)
  await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.83.2.0/24' }))

  await lab.call('iasql_sync')

  expect(await lab.user.query('SELECT table_name, cloud_id FROM iasql_external')).toEqual([
    { table_name: 'vpc', cloud_id: { vpc_id: VpcId } },
  ])
  expect(await lab.call('iasql_sync')).toEqual([])
  await lab.call('iasql_adopt', ['vpc', VpcId, null, null])
  expect(await lab.user.query('SELECT FROM iasql_external')).toEqual([])
  await lab.call('iasql_sync')
  expect(
    await idOf('route_table', `is_main AND vpc_id = (SELECT id FROM vpc WHERE vpc_id = '${VpcId}')`),
  ).toBeGreaterThan(0)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a queue that is taken over shows the forgotten one it points at, to be read only', async () => {
  const dead = await makeQueue('dead')
  await lab.user.run(`INSERT INTO queue (name, redrive_target_id) VALUES ('work', ${dead})`)
  await lab.call('iasql_apply')
  await forget('queue', await idOf('queue', `name = 'work'`))
  await forget('queue', dead)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('work')`)
  await lab.call('iasql_preview')

  await lab.call('iasql_apply')

  expect(
    await lab.user.query(
      `SELECT d.name FROM queue w JOIN queue d ON d.id = w.redrive_target_id
       JOIN iasql_external e ON e.table_name = 'queue' AND e.row_id = d.id WHERE w.name = 'work'`,
    ),
  ).toEqual([{ name: 'dead' }])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  await lab.user.run(`UPDATE queue SET redrive_target_id = NULL WHERE name = 'work'`)
  await lab.call('iasql_apply')
  expect((await lab.call('iasql_sync')).map(({ description }) => description)).toEqual(['queue dead'])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('an edit that nothing stands behind yet just goes', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('idea')`)

  const notices = await forget('queue', await idOf('queue', `name = 'idea'`))

  expect(notices).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await idOf('queue', `name = 'idea'`)).toBe(0)
})

test('a row that was deleted by mistake can be forgotten instead, before anything is applied', async () => {
  const id = await makeQueue('spared')
  await lab.user.run(`DELETE FROM queue WHERE name = 'spared'`)
  await expect(lab.call('iasql_adopt', ['queue', 'spared', null, null])).rejects.toMatchObject({
    hint: expect.stringContaining(`iasql_forget('queue', ${id})`),
  })

  await forget('queue', id)

  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'spared' }))).toBeDefined()
})

test('refuses what it must not or cannot forget', async () => {
  const id = await makeQueue('busy')
  const main = await idOf('route_table', 'is_main')
  await lab.user.run(`UPDATE queue SET visibility_timeout = 5 WHERE id = ${id}`)
  await lab.call('iasql_apply', [null, false, false, 'wait'])

  await expect(forget('queue', id)).rejects.toMatchObject({
    sqlstate: '55P03',
    message: expect.stringContaining('works on it'),
  })
  await lab.drive(lab.started.at(-1) ?? '')
  await expect(forget('queue', 999)).rejects.toMatchObject({ sqlstate: 'P0002' })
  await expect(forget('route_table', main)).rejects.toMatchObject({ sqlstate: 'IQ005' })
  await expect(forget('availability_zone', 1)).rejects.toMatchObject({ sqlstate: '42501' })
  await lab.user.transaction(async (transaction) => {
    await transaction.query(`SELECT id FROM queue WHERE id = ${id} FOR UPDATE`)
    await expect(forget('queue', id)).rejects.toMatchObject({
      sqlstate: '55P03',
      message: expect.stringContaining('locked'),
    })
  })
})

test('an uninstalled module forgets what was forgotten', async () => {
  await forget('queue', await makeQueue('again'))
  await lab.call('iasql_uninstall', [['aws_sqs']])
  await lab.call('iasql_install', [['aws_sqs']])

  expect(await idOf('queue', `name = 'again'`)).toBeGreaterThan(0)
})
