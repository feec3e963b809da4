/** What a create without an answer has made: by its token, else by the name it asked for. */
import type { CloudApi, Token } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Mapper } from '#modules/kit/index.ts'

interface Asked {
  readonly token: Token | null
  readonly want: Row | null
}

interface Found {
  readonly seen: unknown
  /** It carries the token of the call; what only bears the name may be another's. */
  readonly isMarked: boolean
}

export async function findMade(
  mapper: Mapper,
  { token, want }: Asked,
  api: CloudApi,
): Promise<Found | undefined> {
  if (!want) return undefined
  const marked = token && mapper.findByToken ? await mapper.findByToken(token, api, want) : undefined
  if (marked !== undefined) return { seen: marked, isMarked: true }
  const named = await mapper.findByName?.(want, api)
  return named === undefined ? undefined : { seen: named, isMarked: false }
}
