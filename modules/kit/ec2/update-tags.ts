/** Makes the visible tags of any EC2 resource what the row says, in one or two calls. */
import { CreateTagsCommand, DeleteTagsCommand, type Tag } from '@aws-sdk/client-ec2'
import { type CloudApi, type CloudId, ownTags, type TagMap, tagChanges, tagList, tagsFrom } from '../index.ts'

export async function updateTags(
  id: string,
  { seen, want }: { seen: readonly Tag[] | undefined; want: TagMap | null },
  ec2: CloudApi,
): Promise<void> {
  const { put, remove } = tagChanges(tagsFrom(seen), want)
  const Resources = [id]
  if (Object.keys(put).length) await ec2.send(CreateTagsCommand, { Resources, Tags: tagList(put) })
  if (remove.length) await ec2.send(DeleteTagsCommand, { Resources, Tags: remove.map((Key) => ({ Key })) })
}

/** Resources that EC2 takes in one call. */
const mostUntagged = 1_000

/** Takes our own tags off the resources with these ids; EC2 does not mind tags that are not there. */
export const untagBy =
  (idColumn: string) =>
  async (ids: readonly CloudId[], ec2: CloudApi): Promise<void> => {
    const names = ids.flatMap((id) => id[idColumn] ?? [])
    for (let at = 0; at < names.length; at += mostUntagged) {
      const Resources = names.slice(at, at + mostUntagged)
      await ec2.send(DeleteTagsCommand, { Resources, Tags: ownTags.map((Key) => ({ Key })) })
    }
  }
