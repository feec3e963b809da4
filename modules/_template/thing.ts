/** Things: one row, one thing. (An EC2 key pair stands in for it until you replace it.) */
import {
  CreateKeyPairCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteTagsCommand,
  DescribeKeyPairsCommand,
  EC2Client,
  type KeyPairInfo,
} from '@aws-sdk/client-ec2'
import {
  type CloudApi,
  choice,
  defineMapper,
  defineTable,
  done,
  type RowOf,
  type TagMap,
  tagChanges,
  tagList,
  tags,
  tagsFrom,
  text,
  unlessAbsent,
} from '../kit/index.ts'

const columns = {
  name: text('Name of the thing.', { required: true, replaces: 'before' }),
  key_type: choice(['rsa', 'ed25519'], 'Algorithm of the key.', { default: 'rsa', replaces: 'before' }),
  fingerprint: text('Digest of the key, made by AWS.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const idOf = (seen: KeyPairInfo) => ({ name: seen.KeyName ?? '' })

const readByName = async (name: string, cloud: CloudApi): Promise<KeyPairInfo | undefined> => {
  const found = await unlessAbsent(cloud.send(DescribeKeyPairsCommand, { KeyNames: [name] }))
  return found?.KeyPairs?.[0]
}

async function updateTags(seen: KeyPairInfo, want: TagMap | null, cloud: CloudApi): Promise<void> {
  const { put, remove } = tagChanges(tagsFrom(seen.Tags), want)
  const Resources = [seen.KeyPairId ?? '']
  if (Object.keys(put).length) await cloud.send(CreateTagsCommand, { Resources, Tags: tagList(put) })
  if (remove.length) await cloud.send(DeleteTagsCommand, { Resources, Tags: remove.map((Key) => ({ Key })) })
}

export const thing = defineTable({
  name: 'thing',
  description: 'A thing: say in one sentence what AWS calls it and what it is for.',
  naturalKey: ['name'],
  named: true,
  columns,
  mapper: defineMapper<Row, KeyPairInfo>()({
    client: EC2Client,
    operations: ['DescribeKeyPairs', 'CreateKeyPair', 'CreateTags', 'DeleteTags', 'DeleteKeyPair'],
    idOf,
    async *list(_, cloud) {
      yield* (await cloud.send(DescribeKeyPairsCommand, {})).KeyPairs ?? []
    },
    get: (ids, cloud) => cloud.each(ids, ({ name = '' }) => readByName(name, cloud)),
    findByName: ({ name }, cloud) => readByName(name, cloud),
    async create(want, _, cloud) {
      await cloud.send(CreateKeyPairCommand, {
        KeyName: want.name,
        KeyType: want.key_type,
        TagSpecifications: [{ ResourceType: 'key-pair', Tags: tagList(want.tags ?? {}) }],
      })
      return done({ name: want.name })
    },
    async update(seen, want, delta, _, cloud) {
      if (delta.tags) await updateTags(seen, want.tags, cloud)
      return done(idOf(seen))
    },
    async delete(seen, _, cloud) {
      await cloud.send(DeleteKeyPairCommand, { KeyName: seen.KeyName })
      return done(idOf(seen))
    },
    toRow: (seen) => ({
      name: seen.KeyName ?? '',
      key_type: seen.KeyType === 'ed25519' ? 'ed25519' : 'rsa',
      fingerprint: seen.KeyFingerprint ?? null,
      tags: tagsFrom(seen.Tags),
    }),
  }),
})
