/** Secrets that wait for their end come back when a row has their name again. */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let secrets: SecretsManagerClient

beforeAll(async () => {
  lab = await openTenantLab()
  secrets = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_secrets_manager']])
})
afterAll(async () => {
  secrets.destroy()
  await lab.close()
})

test('a deleted secret whose row is inserted again is restored, with the value and the tags of the row', async () => {
  await lab.user.run(
    `INSERT INTO secret (name, value, tags) VALUES ('shop', 'first', '{"team": "shop", "stage": "trial"}')`,
  )
  await lab.call('iasql_apply')
  await lab.user.run(`DELETE FROM secret WHERE name = 'shop'`)
  await lab.call('iasql_apply')

  await lab.user.run(
    `INSERT INTO secret (name, value, description, tags) VALUES ('shop', 'second', 'anew', '{"team": "shop"}')`,
  )
  await lab.call('iasql_apply')

  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'shop' }))
  const { DeletedDate, Description, Tags } = await secrets.send(
    new DescribeSecretCommand({ SecretId: 'shop' }),
  )
  expect(SecretString).toBe('second')
  expect({ DeletedDate, Description, Tags }).toEqual({
    DeletedDate: undefined,
    Description: 'anew',
    Tags: [{ Key: 'team', Value: 'shop' }],
  })
})
