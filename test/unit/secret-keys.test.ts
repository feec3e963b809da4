import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPrivateTexts } from '#local/data-directory/private-texts.ts'
import { secretKeysIn } from '#operations/secrets/secret-keys.ts'
import { secretsManagerTexts } from '#operations/secrets/secrets-manager-texts.ts'

let folder: string
const store = mockClient(SecretsManagerClient)
const shape = { $metadata: {}, message: 'no' }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iasql-keys-'))
  store.reset()
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a key is made once, and kept where nobody else reads it', async () => {
  const path = join(folder, 'secret-keys.json')
  const keys = secretKeysIn(openPrivateTexts(path))

  const [first, beside] = await Promise.all([keys.publicKey('one'), keys.publicKey('one')])
  const later = await secretKeysIn(openPrivateTexts(path)).publicKey('one')
  const other = await keys.publicKey('two')

  expect(Buffer.from(beside)).toEqual(Buffer.from(first))
  expect(Buffer.from(later)).toEqual(Buffer.from(first))
  expect(Buffer.from(other)).not.toEqual(Buffer.from(first))
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a file of keys that is broken is named, and not shown', async () => {
  const path = join(folder, 'secret-keys.json')
  writeFileSync(path, '{"one": "-----BEGIN hunter2')

  const broken = openPrivateTexts(path).read('one')

  await expect(broken).rejects.toThrow(`${path} does not hold JSON`)
  await expect(broken).rejects.not.toThrow('hunter2')
})

test('what was encrypted under a key that is gone is not opened', async () => {
  const keys = secretKeysIn(openPrivateTexts(join(folder, 'secret-keys.json')))

  await expect(keys.open('one', [Buffer.from('x')])).rejects.toThrow(
    'the private key one is not where it is kept',
  )
})

test('on AWS a key is a secret of its own; who comes second takes the first one', async () => {
  const texts = secretsManagerTexts(new SecretsManagerClient({ region: 'us-east-1' }))
  store.on(CreateSecretCommand).resolvesOnce({}).rejects(new ResourceExistsException(shape))
  store
    .on(GetSecretValueCommand)
    .rejectsOnce(new ResourceNotFoundException(shape))
    .resolves({ SecretString: 'first' })

  const missing = await texts.read('iasql/t_1/secrets')
  const made = await texts.keep('iasql/t_1/secrets', 'first')
  const taken = await texts.keep('iasql/t_1/secrets', 'second')

  expect([missing, made, taken]).toEqual([undefined, 'first', 'first'])
  expect(store.commandCalls(CreateSecretCommand)[0]?.args[0].input).toMatchObject({
    Name: 'iasql/t_1/secrets',
  })
})

test('who comes second waits until the first one can be read', async () => {
  const waited: number[] = []
  const texts = secretsManagerTexts(new SecretsManagerClient({ region: 'us-east-1' }), async (ms) => {
    waited.push(ms)
  })
  store.on(CreateSecretCommand).rejects(new ResourceExistsException(shape))
  store
    .on(GetSecretValueCommand)
    .rejectsOnce(new ResourceNotFoundException(shape))
    .rejectsOnce(new ResourceNotFoundException(shape))
    .resolves({ SecretString: 'first' })

  const taken = await texts.keep('iasql/t_1/secrets', 'second')

  expect(taken).toBe('first')
  expect(waited).toHaveLength(2)
})

test('a key that is kept nowhere is never used, however long the first one cannot be read', async () => {
  const texts = secretsManagerTexts(new SecretsManagerClient({ region: 'us-east-1' }), async () => undefined)
  store.on(CreateSecretCommand).rejects(new ResourceExistsException(shape))
  store.on(GetSecretValueCommand).rejects(new ResourceNotFoundException(shape))

  const key = secretKeysIn(texts).publicKey('iasql/t_1/secrets')

  await expect(key).rejects.toThrow('the secret iasql/t_1/secrets exists, and its text cannot be read')
})
