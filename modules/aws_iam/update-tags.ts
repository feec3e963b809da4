/** Makes the visible tags of an IAM resource what its row says; each kind has calls of its own for that. */
import type { Tag } from '@aws-sdk/client-iam'
import { type TagMap, tagChanges, tagList, tagsFrom } from '../kit/index.ts'

interface TagCalls {
  put(tags: Tag[]): Promise<unknown>
  remove(keys: string[]): Promise<unknown>
}

export async function updateTags(
  seen: readonly Tag[] | undefined,
  want: TagMap | null,
  calls: TagCalls,
): Promise<void> {
  const { put, remove } = tagChanges(tagsFrom(seen), want)
  if (Object.keys(put).length > 0) await calls.put(tagList(put))
  if (remove.length > 0) await calls.remove([...remove])
}
