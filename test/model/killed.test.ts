/** Random edits and applies of a server that is killed with all its processes, over and over: the violations that the model knows, looked for in real tables and a real API. */
import { randomUUID } from 'node:crypto'
import {
  DescribeInternetGatewaysCommand,
  DescribeVpcsCommand,
  EC2Client,
  type Tag,
} from '@aws-sdk/client-ec2'
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BareClient } from '#test/support/bare-client.ts'
import { type MortalServer, startMortalServer, untilNothingIsOpen } from '#test/support/mortal-server.ts'

/** What the users want: by name, so that a thing made twice shows. */
interface World {
  readonly queues: Readonly<Record<string, number>>
  /** VPCs and their notes. */
  readonly networks: Readonly<Record<string, string>>
  /** Names of VPCs that have a gateway. */
  readonly gateways: readonly string[]
}

interface Edit {
  readonly sql: string
  after(world: World): World
}

let mortal: MortalServer
let sqs: SQSClient
let ec2: EC2Client

beforeAll(async () => {
  mortal = await startMortalServer()
  sqs = new SQSClient(mortal.test.awsConfiguration)
  ec2 = new EC2Client(mortal.test.awsConfiguration)
  const client = await mortal.connect()
  await client.run("SELECT * FROM iasql_install('aws_sqs', 'aws_vpc')")
  client.close()
})
afterAll(async () => {
  sqs?.destroy()
  ec2?.destroy()
  await mortal?.stop()
})

const without = <Value>(values: Readonly<Record<string, Value>>, name: string) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => key !== name))

const network = (name: string): string => `SELECT id FROM vpc WHERE tags->>'Name' = '${name}'`

/** Each may be taken again without harm, and says all that it changes. */
const edits: readonly ((n: number, value: number) => Edit)[] = [
  (n, value) => ({
    sql: `INSERT INTO queue (name, delay_seconds) SELECT 'q${n}', ${value}
      WHERE NOT EXISTS (SELECT FROM queue WHERE name = 'q${n}')`,
    after: (world) => ({ ...world, queues: { [`q${n}`]: value, ...world.queues } }),
  }),
  (n, value) => ({
    sql: `UPDATE queue SET delay_seconds = ${value} WHERE name = 'q${n}'`,
    after: (world) =>
      `q${n}` in world.queues ? { ...world, queues: { ...world.queues, [`q${n}`]: value } } : world,
  }),
  (n) => ({
    sql: `DELETE FROM queue WHERE name = 'q${n}'`,
    after: (world) => ({ ...world, queues: without(world.queues, `q${n}`) }),
  }),
  (n, value) => ({
    sql: `INSERT INTO vpc (cidr_block, tags) SELECT '10.${n}.0.0/16', '{"Name": "v${n}", "note": "${value}"}'
      WHERE NOT EXISTS (${network(`v${n}`)})`,
    after: (world) => ({ ...world, networks: { [`v${n}`]: String(value), ...world.networks } }),
  }),
  (n, value) => ({
    sql: `UPDATE vpc SET tags = tags || '{"note": "${value}"}' WHERE tags->>'Name' = 'v${n}'`,
    after: (world) =>
      `v${n}` in world.networks
        ? { ...world, networks: { ...world.networks, [`v${n}`]: String(value) } }
        : world,
  }),
  (n) => ({
    sql: `INSERT INTO internet_gateway (vpc_id) SELECT id FROM vpc
      WHERE tags->>'Name' = 'v${n}' AND NOT EXISTS (SELECT FROM internet_gateway g WHERE g.vpc_id = vpc.id)`,
    after: (world) =>
      `v${n}` in world.networks && !world.gateways.includes(`v${n}`)
        ? { ...world, gateways: [...world.gateways, `v${n}`] }
        : world,
  }),
  (n) => ({
    sql: `DELETE FROM internet_gateway WHERE vpc_id IN (${network(`v${n}`)});
      DELETE FROM vpc WHERE id IN (${network(`v${n}`)})`,
    after: (world) => ({
      ...world,
      networks: without(world.networks, `v${n}`),
      gateways: world.gateways.filter((name) => name !== `v${n}`),
    }),
  }),
]

interface Round {
  readonly before: readonly Edit[]
  /** Sent while the apply is under way; one at most, for the runs of a connection are not in order. */
  readonly meanwhile: readonly Edit[]
  /** So many messages of the apply are waited for. */
  readonly messages: number
}

const number = fc.integer({ min: 1, max: 5 })
const edit = fc.tuple(fc.constantFrom(...edits), number, number).map(([make, n, value]) => make(n, value))
const round: fc.Arbitrary<Round> = fc.record({
  before: fc.array(edit, { minLength: 6, maxLength: 10 }),
  meanwhile: fc.array(edit, { maxLength: 1 }),
  messages: fc.integer({ min: 1, max: 20 }),
})

/** Whether all of its statements had ended well by the time that the server died. */
async function cameThrough(client: BareClient, runId: string): Promise<boolean> {
  client.send({ action: 'resume', runId, afterSeq: 0 })
  const { state } = await client.finished(runId)
  return state === 'succeeded'
}

/** What the users want by the end of it. */
async function live(world: World, { before, meanwhile, messages }: Round): Promise<World> {
  const client = await mortal.connect()
  let wanted = world
  for (const { sql, after } of before) {
    await client.run(`BEGIN; ${sql}; COMMIT`)
    wanted = after(wanted)
  }
  const applyId = randomUUID()
  client.send({ action: 'run', runId: applyId, sql: 'SELECT * FROM iasql_apply()' })
  const sent = meanwhile.map((one) => {
    const runId = randomUUID()
    client.send({ action: 'run', runId, sql: `BEGIN; ${one.sql}; COMMIT` })
    return { runId, one }
  })
  await client.until(
    (message) =>
      message.runId === applyId &&
      (message.type === 'done' ||
        client.messages.filter(({ runId }) => runId === applyId).length >= messages),
  )
  await mortal.die()
  await mortal.revive()
  const again = await mortal.connect()
  for (const { runId, one } of sent) if (await cameThrough(again, runId)) wanted = one.after(wanted)
  again.close()
  return wanted
}

const rowsOf = async (client: BareClient, sql: string): Promise<readonly (readonly (string | null)[])[]> => {
  const { statements } = await client.run(sql)
  const [result] = statements
  if (result?.error) throw new Error(result.error.message)
  return result?.rows ?? []
}

/** The tables, told as the wishes are; what was made twice is there twice. */
async function tables(client: BareClient): Promise<unknown> {
  const networks = await rowsOf(
    client,
    "SELECT tags->>'Name', tags->>'note' FROM vpc WHERE NOT is_default ORDER BY 1, 2",
  )
  return {
    queues: await rowsOf(client, 'SELECT name, delay_seconds::text FROM queue ORDER BY 1, 2'),
    networks,
    gateways: (
      await rowsOf(
        client,
        "SELECT v.tags->>'Name' FROM internet_gateway g JOIN vpc v ON v.id = g.vpc_id WHERE NOT v.is_default ORDER BY 1",
      )
    ).flat(),
  }
}

const tag = (tags: readonly Tag[] | undefined, key: string): string =>
  tags?.find(({ Key }) => Key === key)?.Value ?? ''
const sorted = <Line>(lines: readonly Line[]): readonly Line[] =>
  lines.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

/** The cloud, told alike. */
async function cloud(): Promise<unknown> {
  const { QueueUrls: urls = [] } = await sqs.send(new ListQueuesCommand({ MaxResults: 1000 }))
  const queues = await Promise.all(
    urls.map(async (url) => {
      const { Attributes: found } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['DelaySeconds'] }),
      )
      return [url.split('/').at(-1), found?.DelaySeconds]
    }),
  )
  const { Vpcs: all = [] } = await ec2.send(new DescribeVpcsCommand({}))
  const vpcs = all.filter(({ IsDefault }) => !IsDefault)
  const { InternetGateways: gateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({}))
  return {
    queues: sorted(queues),
    networks: sorted(vpcs.map(({ Tags }) => [tag(Tags, 'Name'), tag(Tags, 'note')])),
    gateways: sorted(
      gateways.map(({ Attachments }) => {
        const vpc = vpcs.find(({ VpcId }) => VpcId === Attachments?.[0]?.VpcId)
        return vpc ? tag(vpc.Tags, 'Name') : 'of no network'
      }),
    ),
  }
}

const told = ({ queues, networks, gateways }: World): unknown => ({
  queues: sorted(Object.entries(queues).map(([name, delay]) => [name, String(delay)])),
  networks: sorted(Object.entries(networks)),
  gateways: sorted(gateways),
})

test('whenever all processes are killed, tables and cloud become what the users want, and nothing else', async () => {
  let world: World = { queues: {}, networks: {}, gateways: [] }
  await fc.assert(
    fc.asyncProperty(round, async (given) => {
      const wanted = await live(world, given)

      const client = await mortal.connect()
      // Nothing is stuck: what was under way goes on by itself.
      expect(await untilNothingIsOpen(client)).toBe('0')
      await client.run('SELECT * FROM iasql_apply()')
      await client.run('SELECT * FROM iasql_sync()')
      expect(await rowsOf(client, 'SELECT * FROM iasql_preview()')).toEqual([])
      // No lost edit, no unasked delete; no phantom, orphan, duplicate or mismatch.
      expect(await tables(client)).toEqual(told(wanted))
      expect(await cloud()).toEqual(told(wanted))
      client.close()
      world = wanted
    }),
    // What a round leaves is what the next begins with: one that fails is not tried again.
    { numRuns: Number(process.env.KILLS ?? 4), endOnFailure: true },
  )
}, 600_000)
