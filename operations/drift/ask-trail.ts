/** The questions to an account's trail, as few as possible, and what its answers say of each column that drifted. */
import { CloudTrailClient, eventsAbout, eventsSince, type TrailEvent } from '#aws/trail.ts'
import type { CloudApi, Place } from '#engine/model/cloud.ts'
import type { Authorship, UnknownAuthor } from '#postgres/statements/drift-author.ts'
import { sessionName } from '../accounts/session-name.ts'
import type { Cloud } from '../ports.ts'
import { trailNames } from './trail-names.ts'

/** The trail takes two questions a second: of more resources than this one asks for all writes of the time at once. */
const mostNames = 5
const mostPages = 20
/** Writes that explain a drift may have happened so long before it was seen. */
const windowMs = 86_400_000
/** The trail's clock is another one, and counts seconds. */
const toleranceMs = 5_000

interface Trail {
  readonly cloud: Cloud
  readonly place: Place
  /** Its alias: what it did itself is nobody else's change. */
  readonly tenant: string
  readonly signal: AbortSignal
}

export async function askTrail(
  { cloud, place, tenant, signal }: Trail,
  unknown: readonly UnknownAuthor[],
): Promise<readonly Authorship[]> {
  const api = cloud.api(CloudTrailClient, place, signal)
  const isOwn = ownSession(tenant)
  const resources = [...Map.groupBy(unknown, ({ resource_id }) => resource_id).values()]
  const search = resources.length > mostNames ? await searchAll(api, unknown) : searchEach(api)
  const authors: Authorship[] = []
  for (const columns of resources) {
    const [one] = columns
    if (!one) continue
    const others = (await search(trailNames(one))).filter((event) => !isOwn(event))
    for (const { resource_id, column_name, since } of columns)
      authors.push({ resource_id, column_name, changed_by: changedBy(others, since) })
  }
  return authors
}

type Search = (names: readonly string[]) => Promise<readonly TrailEvent[]>

/** One question for each name, until one is known. */
const searchEach =
  (api: CloudApi): Search =>
  async (names) => {
    for (const name of names) {
      const events = await eventsAbout(api, name)
      if (events.length > 0) return events
    }
    return []
  }

async function searchAll(api: CloudApi, unknown: readonly UnknownAuthor[]): Promise<Search> {
  const firstMs = Math.min(...unknown.map(({ since }) => new Date(since).getTime()))
  const events = await eventsSince(api, new Date(firstMs - windowMs), mostPages)
  return async (names) => {
    const wanted = new Set(names)
    return events.filter(({ resources }) => resources.some((name) => wanted.has(name)))
  }
}

/** The latest write before the difference was seen. */
function changedBy(events: readonly TrailEvent[], since: string): string | null {
  const untilMs = new Date(since).getTime() + toleranceMs
  const before = events.filter(({ at }) => at.getTime() <= untilMs)
  const [latest] = before.toSorted((one, other) => other.at.getTime() - one.at.getTime())
  return latest?.by ?? null
}

/** The tenant's own sessions are named by it; those of other tenants are others'. */
function ownSession(alias: string): (event: TrailEvent) => boolean {
  const [product, tenant] = sessionName(alias, { actor: '' }).split(',')
  return ({ session }) => session?.startsWith(`${product},${tenant},`) ?? false
}
