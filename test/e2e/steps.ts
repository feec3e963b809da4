/** What is done in the account, one step after the other; each fails by throwing. */
import assert from 'node:assert/strict'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { lookAtAccount } from '#cdk/account.ts'
import { deploy, destroy, stackName } from '#cdk/deploy.ts'
import { connect, type IasqlClient } from '#websocket/client.ts'
import { becomeFirstOwner, fetchTicket } from '../../dashboard/api.ts'
import type { Place } from './opt-in.ts'

interface Step {
  readonly name: string
  work(): Promise<void>
}

/** Nothing of it outlives the test. */
const given = [
  'minCapacity=0',
  'maxCapacity=2',
  'onDestroy=delete',
  'deletionProtection=false',
  'logDays=1',
  'reserveConcurrency=false',
]

/** What later steps know from earlier ones. */
interface Memory {
  outputs: Readonly<Record<string, string>>
  token: string
}

export function steps(place: Place, { keep }: { readonly keep: boolean }): readonly Step[] {
  const memory: Memory = { outputs: {}, token: '' }
  const deployment = { region: place.region, isSure: true, tell: console.log, environment: process.env }
  const look = () => lookAtAccount({ region: place.region }, stackName)
  const configuration = () => ({
    socketUrl: memory.outputs.SocketUrl ?? '',
    httpUrl: memory.outputs.HttpUrl ?? '',
  })
  const ask = (sql: string) =>
    withClient(configuration().socketUrl, memory.token, (client) => rowsOf(client, sql))
  const deployNow = async () => {
    assert.ok(await deploy({ ...deployment, given }), 'it was not deployed')
    memory.outputs = (await look()).deployed?.outputs ?? {}
  }
  return [
    {
      name: 'the account is the one that was named, and holds no deployment',
      work: async () => {
        const { accountId, deployed } = await look()
        assert.equal(accountId, place.accountId)
        assert.equal(deployed, undefined)
      },
    },
    { name: 'deploy', work: deployNow },
    {
      name: 'health answers, and the pages are served',
      work: async () => {
        const { status } = await fetch(`${configuration().httpUrl}/health`)
        const page = await fetch(`${memory.outputs.DashboardUrl}/`)
        assert.equal(status, 200)
        assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
      },
    },
    {
      name: 'the first owner signs in by the one-time secret, which works once',
      work: async () => {
        const client = new SecretsManagerClient({ region: place.region })
        const SecretId = memory.outputs.FirstOwnerSecret
        const { SecretString: secret = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
        memory.token = (await becomeFirstOwner(fetch, configuration(), { secret })) ?? ''
        assert.ok(memory.token)
        await assert.rejects(becomeFirstOwner(fetch, configuration(), { secret }))
      },
    },
    {
      name: 'statements run, by token and by ticket',
      work: async () => {
        assert.deepEqual(await ask('SELECT 40 + 2'), [['42']])
        const ticket = () => fetchTicket(configuration(), { token: memory.token })
        const client = await connect({ url: configuration().socketUrl, ticket })
        assert.deepEqual(await rowsOf(client, 'SELECT 1'), [['1']])
        client.close()
      },
    },
    {
      name: 'a module is installed by the state machine',
      work: async () => {
        await ask("SELECT * FROM iasql_install('aws_sqs')")
        assert.deepEqual(await ask('SELECT count(*) FROM queue'), [['0']])
      },
    },
    {
      name: 'an upgrade keeps the tables',
      work: async () => {
        await deployNow()
        assert.deepEqual(await ask('SELECT count(*) FROM queue'), [['0']])
      },
    },
    {
      name: keep ? 'it stays deployed, as asked' : 'destroy, with nothing left',
      work: async () => {
        if (keep) return
        assert.ok(await destroy(deployment), 'it was not destroyed')
        assert.equal((await look()).deployed, undefined)
      },
    },
  ]
}

async function withClient<Result>(
  url: string,
  token: string,
  work: (client: IasqlClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect({ url, token, reconnectMs: 60_000 })
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

async function rowsOf(client: IasqlClient, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (readonly (string | null)[])[] = []
  for await (const message of client.run(sql)) {
    if (message.type === 'reset') rows.length = 0
    if (message.type === 'rows') rows.push(...message.rows)
    if (message.type === 'error') throw new Error(`${sql}: ${message.error.message}`)
  }
  return rows
}
