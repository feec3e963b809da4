/** Things that AWS never changes but numbers: what is changed is a new revision of the same family. */
import type { CloudApi, CloudId, Token } from '#engine/model/cloud.ts'
import type { Mapper } from './mapper.ts'
import type { Resolved } from './row.ts'

export interface Versions<Row, Seen> {
  /** Every family that has a live revision. */
  families(cloud: CloudApi): AsyncIterable<string>
  /** The newest live revision of a family. */
  newest(family: string, cloud: CloudApi): Promise<Seen | undefined>
  /** The revision with this id, as long as it is live. */
  read(id: CloudId, cloud: CloudApi): Promise<Seen | undefined>
  /** Ids of the live revisions of a family, the newest first. */
  revisions(family: string, cloud: CloudApi): AsyncIterable<CloudId>
  /** The family that a row asks for a revision of. */
  familyOf(want: Resolved<Row>): string
  /** The token that its create wrote into its tags. */
  tokenOf(seen: Seen): Token | undefined
}

type Shared<Row, Seen> = Required<Pick<Mapper<Row, Seen>, 'list' | 'get' | 'findByToken'>>

/** Families whose newest revision is asked for at the same time. */
const familiesAtOnce = 50
/** Revisions among which the one that a create has just made is looked for: others may have come since. */
const mostRecent = 100

/**
 * How revisions are read, for their mapper to spread. The id names one revision, and columns `replaces: 'after'`: a change
 * makes the next revision, moves over what refers to it, and then ends the old one.
 *
 * @example
 * const definitions = versioned<Row, SeenDefinition>({ families, newest, read, revisions, familyOf, tokenOf })
 * mapper: defineMapper<Row, SeenDefinition>()({ client, operations, ...definitions, … })
 */
export function versioned<Row, Seen>(versions: Versions<Row, Seen>): Shared<Row, Seen> {
  const { families, newest, read, revisions, familyOf, tokenOf } = versions
  async function* list(cloud: CloudApi): AsyncIterable<Seen> {
    let names: string[] = []
    const readAll = () => cloud.each(names, (family) => newest(family, cloud))
    for await (const family of families(cloud)) {
      names.push(family)
      if (names.length < familiesAtOnce) continue
      yield* await readAll()
      names = []
    }
    yield* await readAll()
  }
  return {
    list: (_, cloud) => list(cloud),
    get: (ids, cloud) => cloud.each(ids, (id) => read(id, cloud)),
    async findByToken(token, cloud, want) {
      let looks = 0
      for await (const id of revisions(familyOf(want), cloud)) {
        const seen = await read(id, cloud)
        if (seen && tokenOf(seen) === token) return seen
        looks += 1
        if (looks === mostRecent) return undefined
      }
      return undefined
    },
  }
}
