/** Things that AWS never changes but numbers: what is changed is a new revision of the same family. */
import type { CloudApi, CloudId, Token } from '#engine/model/cloud.ts'
import type { Mapper } from './mapper.ts'

export interface Versions<Seen> {
  /** Every family that has a live revision. */
  families(cloud: CloudApi): AsyncIterable<string>
  /** The newest live revision of a family. */
  newest(family: string, cloud: CloudApi): Promise<Seen | undefined>
  /** The revision with this id, as long as it is live. */
  read(id: CloudId, cloud: CloudApi): Promise<Seen | undefined>
  /** The token that its create wrote into its tags. */
  tokenOf(seen: Seen): Token | undefined
}

type Shared<Seen> = Required<Pick<Mapper<never, Seen>, 'list' | 'get' | 'findByToken'>>

/** Families whose newest revision is asked for at the same time. */
const familiesAtOnce = 50

/**
 * How revisions are read, for their mapper to spread. The id names one revision, and columns `replaces: 'after'`: a change
 * makes the next revision, moves over what refers to it, and then ends the old one.
 *
 * @example
 * mapper: defineMapper<Row, SeenDefinition>()({ client, operations, ...versioned({ families, newest, read, tokenOf }), … })
 */
export function versioned<Seen>({ families, newest, read, tokenOf }: Versions<Seen>): Shared<Seen> {
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
    async findByToken(token, cloud) {
      for await (const seen of list(cloud)) if (tokenOf(seen) === token) return seen
      return undefined
    },
  }
}
