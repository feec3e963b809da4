/** Content columns: bytes are kept by their digest, sent by the call that needs them, and shown to nobody. */
import { createHash } from 'node:crypto'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { expiredRows } from '#postgres/statements/retention.ts'
import { openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let s3: S3Client

beforeAll(async () => {
  lab = await openTenantLab()
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_s3']])
  await lab.user.run("INSERT INTO bucket (name) VALUES ('papers')")
  await apply()
})
afterAll(() => lab?.close())

beforeEach(async () => {
  await lab.user.run('DELETE FROM bucket_object')
  await apply()
})

const apply = () => lab.call('iasql_apply')
const digest = (body: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(body).digest('hex')}`
const insert = (key: string, contentSql: string): Promise<unknown> =>
  lab.user.run(
    `INSERT INTO bucket_object (bucket_name, key, content) VALUES ('papers', '${key}', ${contentSql})`,
  )
const rowOf = async (key: string) =>
  (
    await lab.user.query<{ content: string | null; bytes: number | null }>(
      'SELECT content, bytes FROM bucket_object WHERE key = :key',
      { key },
    )
  )[0]
const bytesIn = async (Key: string): Promise<Buffer> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'papers', Key }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

test('text is stored as it is, and its row shows its digest', async () => {
  await insert('text', "'naïve'")
  const before = await rowOf('text')

  await apply()

  expect(before?.content).toBe(digest('naïve'))
  expect((await bytesIn('text')).toString()).toBe('naïve')
  expect(await rowOf('text')).toEqual({ content: digest('naïve'), bytes: 6 })
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('bytes are stored as bytes, whatever is in them', async () => {
  const body = Buffer.from([0, 255, 10, 92, 120, 0])
  await insert('bytes', `decode('${body.toString('base64')}', 'base64')`)

  await apply()

  expect(await bytesIn('bytes')).toEqual(body)
})

test('a content of megabytes reaches the cloud whole', async () => {
  await insert('large', "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 100000) AS n)")

  await apply()

  const bytes = await bytesIn('large')
  expect(bytes.length).toBe(3_200_000)
  expect((await rowOf('large'))?.content).toBe(digest(bytes))
})

test('a content that is too large for a statement is refused by it', async () => {
  const large = insert('larger', "repeat('x', 5000000)")

  await expect(large).rejects.toThrow('content of bucket_object is larger than 4 MiB')
})

test('a digest stands for its content in other rows', async () => {
  await insert('one', "'shared'")
  await lab.user.run(
    "INSERT INTO bucket_object (bucket_name, key, content) SELECT bucket_name, 'two', content FROM bucket_object",
  )

  await apply()

  expect((await bytesIn('two')).toString()).toBe('shared')
})

test('a digest of what nobody has written here is refused at the statement', async () => {
  const unknown = insert('unknown', `'${digest('elsewhere')}'`)

  await expect(unknown).rejects.toThrow('is not kept here')
})

test('a tenant cannot say itself that it restores, so such a digest stays refused', async () => {
  await insert('own', "'mine'")

  const forged = lab.user.transaction(async (transaction) => {
    await transaction.run("SET LOCAL iasql.restores_secrets = 'on'")
    await transaction.run('UPDATE bucket_object SET content = :unknown', { unknown: digest('elsewhere') })
  })

  await expect(forged).rejects.toThrow('is not kept here')
})

test('what somebody else put is followed by its digest, and its headers change without its content', async () => {
  await s3.send(
    new PutObjectCommand({ Bucket: 'papers', Key: 'theirs', Body: 'theirs', ChecksumAlgorithm: 'SHA256' }),
  )
  await lab.call('iasql_sync')
  const imported = await rowOf('theirs')
  await lab.user.run('UPDATE bucket_object SET cache_control = \'no-store\', tags = \'{"team": "shop"}\'')

  await apply()

  expect(imported?.content).toBe(digest('theirs'))
  expect((await bytesIn('theirs')).toString()).toBe('theirs')
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a content that was changed in the cloud shows as another one, and is put back by writing it', async () => {
  await insert('ours', "'ours'")
  await apply()
  await s3.send(
    new PutObjectCommand({ Bucket: 'papers', Key: 'ours', Body: 'theirs', ChecksumAlgorithm: 'SHA256' }),
  )

  const synced = await lab.call('iasql_sync')
  const drifted = await rowOf('ours')
  await lab.user.run("UPDATE bucket_object SET content = 'ours'")
  await apply()

  expect(synced).toMatchObject([{ action: 'update', table_name: 'bucket_object' }])
  expect(drifted?.content).toBe(digest('theirs'))
  expect((await bytesIn('ours')).toString()).toBe('ours')
})

test('of a bucket with many objects only those that have rows are followed', async () => {
  await lab.user.run("INSERT INTO bucket (name) VALUES ('store')")
  await apply()
  await Promise.all(
    Array.from({ length: 101 }, (_, n) =>
      s3.send(new PutObjectCommand({ Bucket: 'store', Key: `object-${n}`, Body: 'x' })),
    ),
  )
  await lab.user.run("INSERT INTO bucket_object (bucket_name, key, content) VALUES ('store', 'mine', 'mine')")
  await apply()
  await s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'mine', Body: 'x', CacheControl: 'no-store' }))

  await lab.call('iasql_sync')

  const rows = await lab.user.query('SELECT key, cache_control FROM bucket_object')
  expect(rows).toEqual([{ key: 'mine', cache_control: 'no-store' }])
})

test('a rollback gives rows what they held, also those whose content only AWS has', async () => {
  const ann = await openSession(sessionLab(lab), 'ann')
  await insert('ours', "'first'")
  await apply()
  await s3.send(
    new PutObjectCommand({ Bucket: 'papers', Key: 'theirs', Body: 'theirs', ChecksumAlgorithm: 'SHA256' }),
  )
  await lab.call('iasql_sync')
  await ann.call('iasql_begin')
  await ann.write(
    "UPDATE bucket_object SET content = 'second' WHERE key = 'ours'",
    "DELETE FROM bucket_object WHERE key = 'theirs'",
  )

  await ann.call('iasql_rollback')

  expect((await rowOf('ours'))?.content).toBe(digest('first'))
  expect((await rowOf('theirs'))?.content).toBe(digest('theirs'))
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a revert puts an earlier content back', async () => {
  const bob = await openSession(sessionLab(lab), 'bob')
  await insert('ours', "'first'")
  await apply()
  const xid = await bob.write("UPDATE bucket_object SET content = 'second'")
  await apply()

  await bob.call('iasql_revert', [xid])
  await apply()

  expect((await bytesIn('ours')).toString()).toBe('first')
})

test('nobody reads a content by SQL', async () => {
  await insert('private', "'private'")

  const read = lab.user.query(`SELECT * FROM ${lab.tenant.schema}.iasql_content_chunk`)

  await expect(read).rejects.toThrow('permission denied')
})

test('a content goes a day after the last that needs it: a row, a call under way, or the audit log', async () => {
  const { platform } = lab.ports
  const { schema } = lab.tenant
  const ages = { days: 7, executionDays: 7, previewDays: 7, auditDays: 7, secretDays: 7 }
  const purge = async () => {
    await platform.run(`UPDATE ${schema}.iasql_content SET at = at - interval '2 days'`)
    for (const expired of expiredRows(platform, lab.tenant, ages)) await expired.run(1_000)
    const kept = await platform.query<{ digest: string }>(`SELECT digest FROM ${schema}.iasql_content`)
    return kept.map((row) => row.digest)
  }
  await insert('short-lived', "'short-lived'")
  await apply()
  await lab.user.run('DELETE FROM bucket_object')
  await apply()

  const whileAudited = await purge()
  await platform.run(`DELETE FROM ${schema}.iasql_audit`)
  const afterwards = await purge()

  expect(whileAudited).toContain(digest('short-lived'))
  expect(afterwards).not.toContain(digest('short-lived'))
})
