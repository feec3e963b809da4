/** What a create without an answer has made: by its token, else by the name it asked for. */
import type { CloudApi, Token } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Mapper } from '#modules/kit/index.ts'

interface Asked {
  readonly token: Token | null
  readonly want: Row | null
}

export async function findMade(mapper: Mapper, { token, want }: Asked, api: CloudApi): Promise<unknown> {
  if (!want) return undefined
  const byToken = token && mapper.findByToken ? await mapper.findByToken(token, api, want) : undefined
  return byToken ?? (await mapper.findByName?.(want, api))
}
