/** Makes the visible tags of any EC2 resource what the row says, in one or two calls. */
import { CreateTagsCommand, DeleteTagsCommand, type Tag } from '@aws-sdk/client-ec2'
import { type CloudApi, type TagMap, tagChanges, tagList, tagsFrom } from '../kit/index.ts'

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
