/** Transactions as they are typed: over the socket, by statements in runs, with a server that dies in between. */
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient, type RunResult } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let ec2: EC2Client
let sqs: SQSClient

beforeAll(async () => {
  host = await startLiveHost()
  ec2 = new EC2Client(host.awsConfiguration)
  sqs = new SQSClient(host.awsConfiguration)
  await host.client.run("SELECT * FROM iasql_install('aws_vpc', 'aws_sqs')")
})
afterAll(async () => {
  ec2?.destroy()
  sqs?.destroy()
  await host?.stop()
})

const last = (result: RunResult) => result.statements.at(-1)
const cidrs = async () => {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  return Vpcs.flatMap(({ IsDefault, CidrBlock }) => (IsDefault ? [] : [CidrBlock]))
}
const queues = async () => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  return QueueUrls.map((url) => url.split('/').at(-1)).sort()
}
const open = () => BareClient.open(host.serving.url, host.token)

test('applies all of a transaction by its commit', async () => {
  const result = await host.client.run(`
    SELECT * FROM iasql_begin();
    INSERT INTO vpc (cidr_block) VALUES ('10.0.0.0/16');
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
      SELECT id, '10.0.1.0/24', 'us-east-1a' FROM vpc WHERE cidr_block = '10.0.0.0/16';
    SELECT action, table_name FROM iasql_preview() ORDER BY 2;
    SELECT action, table_name FROM iasql_commit('a network') ORDER BY 2`)

  expect(result.state).toBe('succeeded')
  const made = [
    ['create', 'subnet'],
    ['create', 'vpc'],
  ]
  expect(result.statements.slice(-2).map(({ rows }) => rows)).toEqual([made, made])
  expect(await cidrs()).toEqual(['10.0.0.0/16'])
  const log = await host.client.run(
    `SELECT change_type FROM iasql_audit_log WHERE table_name IS NULL AND transaction_id =
       (SELECT transaction_id FROM iasql_transaction WHERE message = 'a network') ORDER BY id`,
  )
  expect(last(log)?.rows.flat()).toEqual([
    'OPEN_TRANSACTION',
    'START_COMMIT',
    'END_COMMIT',
    'CLOSE_TRANSACTION',
  ])
})

test('takes everything back when AWS refuses one change, and tells which', async () => {
  const result = await host.client.run(`
    SELECT * FROM iasql_begin();
    INSERT INTO queue (name) VALUES ('orders');
    INSERT INTO vpc (cidr_block) VALUES ('10.1.0.0/16');
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
      SELECT id, '10.200.0.0/24', 'us-east-1a' FROM vpc WHERE cidr_block = '10.1.0.0/16';
    SELECT * FROM iasql_commit()`)

  expect(last(result)?.error).toMatchObject({ code: 'transaction/undone', sqlstate: 'IQ002' })
  expect(last(result)?.error?.message).toContain('all of it was undone')
  expect(last(result)?.error?.detail).toContain('create subnet')
  expect(await cidrs()).toEqual(['10.0.0.0/16'])
  expect(await queues()).toEqual([])
  const left = await host.client.run(
    `SELECT (SELECT count(*) FROM vpc WHERE NOT is_default) AS vpcs, (SELECT count(*) FROM queue) AS queues,
       (SELECT count(*) FROM iasql_preview()) AS planned`,
  )
  expect(last(left)?.rows).toEqual([['1', '0', '0']])
})

test('keeps its rows from others, who are told of it, until it is rolled back', async () => {
  await host.client.run(`SELECT * FROM iasql_begin(); INSERT INTO queue (name) VALUES ('mine')`)
  const other = await open()

  const applied = await other.run(
    `INSERT INTO queue (name) VALUES ('theirs'); SELECT action, id FROM iasql_apply()`,
  )

  expect(await queues()).toEqual(['theirs'])
  expect(last(applied)?.notices.join()).toMatch(
    /1 change is left out, being in the open transaction .*: create queue mine/,
  )
  const back = await host.client.run('SELECT action, table_name, id, description FROM iasql_rollback()')
  expect(last(back)?.rows).toEqual([['delete', 'queue', 'mine', 'queue mine']])
  expect(last(await other.run('SELECT name FROM queue'))?.rows).toEqual([['theirs']])
  await other.run('DELETE FROM queue; SELECT * FROM iasql_apply()')
  other.close()
})

test('a transaction left by a client that is gone is committed by the next one of the same name, which is told', async () => {
  const first = await open()
  await first.run(`SELECT * FROM iasql_begin(); INSERT INTO queue (name) VALUES ('left')`)
  first.close()
  await first.closed()
  const second = await open()

  const begun = await second.run('SELECT * FROM iasql_begin()')
  const result = await second.run('SELECT action FROM iasql_commit()')

  expect(last(begun)?.error).toMatchObject({ code: 'transaction/open' })
  expect(last(begun)?.error?.message).toContain('in a session that is gone')
  expect(last(result)?.rows).toEqual([['create']])
  expect(last(result)?.notices.join()).toContain('Taken over')
  expect(await queues()).toEqual(['left'])
  await second.run('DELETE FROM queue; SELECT * FROM iasql_apply()')
  second.close()
})

test('a server that dies in the middle of a commit ends it when it is back', async () => {
  const dead = host.dieAfter((operation) => operation === 'CreateQueue')
  host.client.send({
    action: 'run',
    runId: crypto.randomUUID(),
    sql: `SELECT * FROM iasql_begin(); INSERT INTO queue (name) VALUES ('survivor'); SELECT * FROM iasql_commit()`,
  })
  await dead
  await host.revive()

  let state = ''
  for (let looks = 0; looks < 600 && state !== 'committed'; looks += 1) {
    const found = await host.client.run('SELECT state FROM iasql_transaction ORDER BY opened_at DESC LIMIT 1')
    state = last(found)?.rows[0]?.[0] ?? ''
  }

  expect(state).toBe('committed')
  expect(await queues()).toEqual(['survivor'])
  expect(last(await host.client.run('SELECT count(*) FROM iasql_preview()'))?.rows).toEqual([['0']])
})

test('what a dead server had open is taken over by whoever comes after it', async () => {
  await host.client.run(`SELECT * FROM iasql_begin(); INSERT INTO queue (name) VALUES ('open')`)
  await host.revive()

  const result = await host.client.run('SELECT id FROM iasql_rollback()')

  expect(last(result)?.rows).toEqual([['open']])
  expect(last(result)?.notices.join()).toContain('Taken over')
})

test('flags of the tables that are only ours come back too', async () => {
  const result = await host.client.run(`
    SELECT * FROM iasql_begin();
    UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1';
    SELECT action, table_name, id FROM iasql_rollback();
    SELECT is_enabled FROM aws_regions WHERE region = 'eu-west-1'`)

  expect(result.statements.slice(-2).map(({ rows }) => rows)).toEqual([
    [['update', 'aws_regions', 'eu-west-1']],
    [['f']],
  ])
})

test('inside BEGIN … COMMIT of the database it is refused, with a hint', async () => {
  const result = await host.client.run('BEGIN; SELECT * FROM iasql_begin(); COMMIT')

  expect(result.statements[1]?.error?.message).toContain('cannot run inside BEGIN … COMMIT')
})
