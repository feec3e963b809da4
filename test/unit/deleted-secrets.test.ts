/** Secrets of a tenant that is deleted: gone on one machine, and on AWS, where a key may be had back for a week. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeleteSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPrivateTexts } from '#local/data-directory/private-texts.ts'
import { openSecretStore } from '#local/data-directory/secrets.ts'
import { secretsManagerLogins } from '#operations/secrets/secrets-manager-logins.ts'
import { secretsManagerTexts } from '#operations/secrets/secrets-manager-texts.ts'

let folder: string
const store = mockClient(SecretsManagerClient)
const client = () => new SecretsManagerClient({ region: 'us-east-1' })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iasql-deleted-'))
  store.reset()
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('on one machine nothing of them stays in the files, and the others stay', async () => {
  const paths = { logins: join(folder, 'secrets.json'), keys: join(folder, 'secret-keys.json') }
  const logins = await openSecretStore(paths.logins)
  const keys = openPrivateTexts(paths.keys)
  for (const name of ['one', 'two']) {
    await logins.put(name, { user: name, password: `hunter ${name}` })
    await keys.keep(name, `key of ${name}`)
  }

  await Promise.all([logins.delete('one'), keys.delete('one'), logins.delete('none'), keys.delete('none')])

  await expect(logins.get('one')).rejects.toThrow('there is no secret one')
  expect(await keys.read('one')).toBeUndefined()
  expect(JSON.parse(readFileSync(paths.logins, 'utf8'))).toEqual({
    two: { user: 'two', password: 'hunter two' },
  })
  expect(JSON.parse(readFileSync(paths.keys, 'utf8'))).toEqual({ two: 'key of two' })
})

test('on AWS a login goes at once, and a key, which backups need, within a week', async () => {
  store.on(DeleteSecretCommand).resolves({})

  await secretsManagerLogins(client()).delete('iasql/t_1/reader')
  await secretsManagerTexts(client()).delete('iasql/t_1/secrets')

  expect(store.commandCalls(DeleteSecretCommand).map(({ args: [{ input }] }) => input)).toEqual([
    { SecretId: 'iasql/t_1/reader', ForceDeleteWithoutRecovery: true },
    { SecretId: 'iasql/t_1/secrets', RecoveryWindowInDays: 7 },
  ])
})

test('what is gone already is no problem, and what AWS refuses is one', async () => {
  const gone = new ResourceNotFoundException({ $metadata: {}, message: 'no' })
  store.on(DeleteSecretCommand).rejectsOnce(gone).rejectsOnce(gone).rejects(new Error('AccessDenied'))

  await secretsManagerLogins(client()).delete('a')
  await secretsManagerTexts(client()).delete('b')

  await expect(secretsManagerLogins(client()).delete('c')).rejects.toThrow('AccessDenied')
  await expect(secretsManagerTexts(client()).delete('d')).rejects.toThrow('AccessDenied')
})
