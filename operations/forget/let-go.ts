/** The last of forgetting: our tags leave the resource, if that can be done; whatever comes of it, the row is forgotten. */
import { randomUUID } from 'node:crypto'
import { IasqlError } from '#engine/model/error.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Forgettable } from '#postgres/statements/resource-forget.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'

/** A user is waiting. */
const untagMs = 20_000

export async function letGo(ports: Ports, type: ResourceType, gone: Forgettable): Promise<readonly string[]> {
  const { cloud_id: id, external } = gone
  if (id === null) return []
  const name = describeCloudId(id)
  const notices = [
    `${type.name} ${name} stays in the cloud; a sync leaves it alone until iasql_adopt('${type.name}', '${name}').`,
  ]
  if (external || !type.mapper?.untag) return notices
  try {
    const place = placeOf(ports, { accountId: gone.account_id, region: gone.region })
    const signal = AbortSignal.timeout(untagMs)
    await type.mapper.untag([id], ports.cloud.api(type.mapper.client, place, signal))
    return notices
  } catch (error) {
    const reason = error instanceof IasqlError ? error.message : unforeseen(ports, error)
    return [...notices, `The tags iasql:… of ${type.name} ${name} could not be removed: ${reason}`]
  }
}

function unforeseen({ log }: Ports, error: unknown): string {
  const errorId = randomUUID()
  log('error', 'tags of a forgotten resource could not be removed', { errorId, error })
  return `something went wrong on the server (error ${errorId}).`
}
