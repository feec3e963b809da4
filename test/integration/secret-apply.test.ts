import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let secrets: SecretsManagerClient
/** What AWS answers to calls that write, instead of doing them. */
let refuse: ((input: object) => Error) | undefined

const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  settleMs: (published) => cloud.settleMs(published),
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const send: CloudApi['send'] = async (command, input) => {
      if (refuse && /^(Create|Update)Secret/.test(command.name)) throw refuse(input)
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: refusing, log: (...entry) => logged.push(entry) })
  secrets = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_secrets_manager']])
})
afterAll(() => lab?.close())
const logged: unknown[] = []

beforeEach(async () => {
  refuse = undefined
  await lab.user.run('DELETE FROM secret')
  await lab.call('iasql_apply')
})

const valueIn = async (name: string): Promise<string | undefined> =>
  (await secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString
const insert = (name: string, value: string): Promise<unknown> =>
  lab.user.run('INSERT INTO secret (name, value, recovery_window_in_days) VALUES (:name, :value, 0)', {
    name,
    value,
  })
const rowOf = async (name: string) => {
  const [row] = await lab.user.query<{ value: string | null; version: string | null; window: number | null }>(
    'SELECT value, version_id AS version, recovery_window_in_days AS window FROM secret WHERE name = :name',
    { name },
  )
  return row
}
/** Everything of the engine's that the tenant's schema holds, as text. */
const everything = async (): Promise<string> => {
  const { schema } = lab.tenant
  const tables = await lab.ports.platform.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_catalog.pg_class c
     WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'r'`,
    { schema },
  )
  const texts = tables.map(({ name }) =>
    lab.ports.platform.query<{ body: string }>(
      `SELECT left(x::text, 50000) AS body FROM ${schema}."${name}" x LIMIT 500`,
    ),
  )
  return JSON.stringify(await Promise.all(texts))
}

test('an apply sends the value, and nothing but its marker is in the plan, the row or what was agreed on', async () => {
  await insert('shop', 'correct-horse')

  const planned = await lab.call('iasql_preview')
  await lab.call('iasql_apply')

  expect(await valueIn('shop')).toBe('correct-horse')
  expect(JSON.stringify(planned)).not.toContain('correct-horse')
  expect(await everything()).not.toContain('correct-horse')
  expect((await rowOf('shop'))?.value).toMatch(/^secret:\d+$/)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a new value is one call and a new version; the rest of the row sends none', async () => {
  await insert('shop', 'first')
  await lab.call('iasql_apply')
  const before = await rowOf('shop')
  await lab.user.run("UPDATE secret SET value = 'second'")
  lab.calls.length = 0

  await lab.call('iasql_apply')
  const after = await rowOf('shop')
  await lab.user.run("UPDATE secret SET description = 'of the shop'")
  await lab.call('iasql_apply')

  expect(lab.calls.map(({ operation }) => operation).filter((name) => name === 'UpdateSecret')).toHaveLength(
    2,
  )
  expect(await valueIn('shop')).toBe('second')
  expect(after?.version).not.toBe(before?.version)
  expect((await rowOf('shop'))?.version).toBe(after?.version)
})

test('a value that somebody changed in the cloud shows as another version', async () => {
  await insert('shop', 'ours')
  await lab.call('iasql_apply')
  const before = await rowOf('shop')
  await secrets.send(new PutSecretValueCommand({ SecretId: 'shop', SecretString: 'theirs' }))

  const synced = await lab.call('iasql_sync')

  expect(synced).toMatchObject([{ action: 'update', table_name: 'secret' }])
  expect((await rowOf('shop'))?.version).not.toBe(before?.version)
  expect((await rowOf('shop'))?.value).toBe(before?.value)
})

test('a secret that is found in the cloud has no value here until one is written', async () => {
  await insert('shop', 'ours')
  await lab.call('iasql_apply')
  await lab.call('iasql_uninstall', [['aws_secrets_manager']])
  await lab.call('iasql_install', [['aws_secrets_manager']])

  const imported = await rowOf('shop')
  await lab.user.run("UPDATE secret SET value = 'new', recovery_window_in_days = 0")
  await lab.call('iasql_apply')

  expect(imported?.value).toBeNull()
  expect(await valueIn('shop')).toBe('new')
})

test('how a secret is deleted is what was agreed on, and changing that takes no call', async () => {
  await insert('shop', 'ours')
  await lab.call('iasql_apply')
  await lab.user.run('UPDATE secret SET recovery_window_in_days = 7')
  lab.calls.length = 0
  const [planned] = await lab.call('iasql_preview')
  await lab.call('iasql_apply')
  const writes = lab.calls.filter(({ operation }) => /^(Create|Update|Put|Delete)/.test(operation))

  await lab.user.run('DELETE FROM secret')
  await lab.call('iasql_apply')

  expect(planned).toMatchObject({ action: 'update', calls: 0 })
  expect(writes).toEqual([])
  const { DeletedDate } = await secrets.send(new DescribeSecretCommand({ SecretId: 'shop' }))
  const days = ((DeletedDate?.getTime() ?? 0) - Date.now()) / 86_400_000
  expect(Math.round(days)).toBe(7)
})

test('what AWS says when it refuses a value does not repeat it', async () => {
  const value = '{"password": "correct-horse", "pin": "zebra-77"}'
  refuse = (input) =>
    new IasqlError(
      'cloud/invalid',
      `CreateSecret: ${JSON.stringify(input)} is not what correct-horse should be`,
      {
        detail: `AWS error ${encodeURIComponent(value)}`,
        refusal: { operation: 'CreateSecret', error: 'Invalid', message: JSON.stringify(input) },
        cause: new Error(value),
      },
    )
  await insert('horses', value)

  const failed = await lab.call('iasql_apply').catch((error: unknown) => error as IasqlError)

  expect(failed).toMatchObject({ code: 'apply/changes-failed' })
  expect(`${(failed as IasqlError).message} ${(failed as IasqlError).detail}`).toContain(
    'is not what … should be',
  )
  expect(`${await everything()} ${JSON.stringify(failed)}`).not.toMatch(/correct-horse|zebra-77/)
})

test('an error of our own code is logged without what it worked on', async () => {
  refuse = (input) => new TypeError(`cannot read ${JSON.stringify(input)}`)
  await insert('typing', 'correct-horse')

  await lab.call('iasql_apply').catch(() => undefined)

  const errors = logged.map((entry) =>
    JSON.stringify(entry, (_, item) => (item instanceof Error ? [item.message, item.stack] : item)),
  )
  expect(errors.join(' ')).toContain('a mapper failed on a row with secrets: TypeError')
  expect(errors.join(' ')).not.toContain('correct-horse')
})

test('a value that is kept no longer is not sent, and the row says which', async () => {
  await insert('lost', 'correct-horse')
  await lab.ports.platform.run(`DELETE FROM ${lab.tenant.schema}.iasql_secret`)

  const failed = await lab.call('iasql_apply').catch((error: unknown) => error as IasqlError)

  expect((failed as IasqlError).message).toContain(
    'the value of value is kept no longer, so it cannot be sent',
  )
})
