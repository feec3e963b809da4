/** Tags as ECS spells them. */
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-ecs'
import { type CloudApi, type TagMap, tagChanges, visibleTags } from '../kit/index.ts'

interface EcsTag {
  readonly key?: string | undefined
  readonly value?: string | undefined
}

/** With those that we do not show. */
export const allTags = (tags: readonly EcsTag[] | undefined): TagMap =>
  Object.fromEntries((tags ?? []).map(({ key = '', value = '' }) => [key, value]))

export const tagsIn = visibleTags

export const tagList = (tags: TagMap): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }))

/** A create takes no empty list of tags. */
export const tagsToCreate = (tags: TagMap | null) =>
  tags && Object.keys(tags).length > 0 ? { tags: tagList(tags) } : {}

export async function updateTags(
  resourceArn: string,
  { seen, want }: { readonly seen: TagMap; readonly want: TagMap | null },
  ecs: CloudApi,
): Promise<void> {
  const { put, remove } = tagChanges(seen, want)
  if (Object.keys(put).length > 0) await ecs.send(TagResourceCommand, { resourceArn, tags: tagList(put) })
  if (remove.length > 0) await ecs.send(UntagResourceCommand, { resourceArn, tagKeys: [...remove] })
}

export const removeTags = async (resourceArns: readonly string[], tagKeys: string[], ecs: CloudApi) => {
  await ecs.each(resourceArns, (resourceArn) => ecs.send(UntagResourceCommand, { resourceArn, tagKeys }))
}
