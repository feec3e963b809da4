import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openMessage } from '#operations/secrets/open-message.ts'
import { makePrivateKey, publicKeyOf } from '#operations/secrets/pgp-key.ts'
import { startTestCluster, type TestCluster } from '#test/support/cluster.ts'

let cluster: TestCluster
let client: Client
let privateKey: string

beforeAll(async () => {
  cluster = await startTestCluster()
  client = new Client({ connectionString: cluster.connectionString })
  await client.connect()
  privateKey = await makePrivateKey()
})
afterAll(async () => {
  await client.end()
  await cluster.stop()
})

async function encrypted(value: string, key = privateKey): Promise<Buffer> {
  const { rows } = await client.query<{ message: Buffer }>(
    "SELECT pgcrypto.pgp_pub_encrypt($1, $2, 'cipher-algo=aes256, compress-algo=0') AS message",
    [value, publicKeyOf(key)],
  )
  return rows[0]?.message ?? Buffer.alloc(0)
}

test('what PostgreSQL encrypts under the public half, the private half opens', async () => {
  const values = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.includes('\0'))

  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      const opened = openMessage(privateKey, await encrypted(value))

      expect(opened).toBe(value)
    }),
    { numRuns: 100 },
  )
})

test.each([0, 1, 190, 191, 192, 8_383, 8_384, 16_384, 65_536, 70_001])(
  'a value of %i characters comes back whole, in as many parts as it was written',
  async (length) => {
    const value = 'x'.repeat(length)

    const opened = openMessage(privateKey, await encrypted(value))

    expect(opened).toBe(value)
  },
)

test('a message that was changed, cut off, or made for another key is not opened', async () => {
  const message = await encrypted('the value')
  const foreign = await encrypted('the value', await makePrivateKey())

  // Before that it is said for whom it was encrypted, and how.
  for (let at = 16; at < message.length; at += 7) {
    const changed = Buffer.from(message)
    changed[at] = (changed[at] ?? 0) ^ 0x10
    expect(() => openMessage(privateKey, changed)).toThrow()
  }
  expect(() => openMessage(privateKey, message.subarray(0, -1))).toThrow()
  expect(() => openMessage(privateKey, foreign)).toThrow('cannot be opened')
})
