/** Tags as users see them: keys that AWS or iasql reserve are neither shown, compared nor sent. */
import type { Json, JsonObject } from '#engine/model/json.ts'
import { canonicalJson, isObject } from './canonical-json.ts'

const reserved = /^(aws|iasql):/

export function ownTags(tags: Json | undefined): JsonObject {
  if (!isObject(tags)) return {}
  const own = Object.entries(tags).filter(([key]) => !reserved.test(key))
  return Object.fromEntries(
    own.map(([key, value]) => [key, typeof value === 'string' ? value : tagText(value)]),
  )
}

const tagText = (value: Json): string => (value === null ? '' : canonicalJson(value))
