/** Whether the cloud has what creates are about to make, by the names that users gave. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import { getReadable, isOfOne, type UnreadResources } from '../sync/unread.ts'

/** Above this many names in one place, one list is cheaper than a look-up each. */
const fewNames = 3

export interface Candidate {
  readonly change: PlannedChange
  readonly want: Row
}

export interface Found {
  readonly change: PlannedChange
  readonly seen: unknown
}

interface Looking {
  readonly type: ResourceType
  readonly mapper: Mapper
  readonly api: CloudApi
}

export interface LookedUp {
  readonly found: readonly Found[]
  /** Creates of which AWS would not tell: they ask again before their own call, and fail by themselves. */
  readonly unsure: readonly PlannedChange[]
}

export async function lookUpNames(looking: Looking, candidates: readonly Candidate[]): Promise<LookedUp> {
  const { mapper, api } = looking
  const unsure: PlannedChange[] = []
  const leaveUnsure = (candidate: Candidate, why: IasqlError): void =>
    void unsure.push(unsureOf(candidate, why))
  try {
    const names = candidates.length > fewNames ? await listNames(looking) : undefined
    if (names) return { found: await readListed(looking, candidates, names, leaveUnsure), unsure }
  } catch (error) {
    if (!isOfOne(error)) throw error
  }
  const found = await api.each(candidates, async (candidate) => {
    try {
      const seen = await mapper.findByName?.(candidate.want, api)
      return seen === undefined ? undefined : { change: candidate.change, seen }
    } catch (error) {
      if (!isOfOne(error)) throw error
      leaveUnsure(candidate, error)
      return undefined
    }
  })
  return { found, unsure }
}

export const unsureOf = ({ change }: Candidate, why: IasqlError): PlannedChange => ({
  ...change,
  isNameUnsure: true,
  reason: `${change.reason}; whether AWS has one of this name it does not tell: ${why.message}`,
})

const nameIn = (type: ResourceType, row: Readonly<Record<string, Json | object>>): string =>
  JSON.stringify(type.naturalKey.map((column) => row[column] ?? null))

const isPlainName = (type: ResourceType): boolean =>
  type.naturalKey.every((column) => !type.columns[column]?.reference && !type.hydrates.includes(column))

async function listNames({ type, mapper, api }: Looking): Promise<ReadonlyMap<string, unknown> | undefined> {
  if (!isPlainName(type)) return undefined
  const names = new Map<string, unknown>()
  for await (const seen of mapper.list(api.place, api)) names.set(nameIn(type, mapper.toRow(seen)), seen)
  return names
}

async function readListed(
  { type, mapper, api }: Looking,
  candidates: readonly Candidate[],
  names: ReadonlyMap<string, unknown>,
  leaveUnsure: (candidate: Candidate, why: IasqlError) => void,
): Promise<readonly Found[]> {
  const hits = candidates.filter(({ want }) => names.has(nameIn(type, want)))
  if (hits.length === 0) return []
  const idOf = ({ want }: Candidate) => mapper.idOf(names.get(nameIn(type, want)))
  const unread: UnreadResources = new Map()
  const seen = await getReadable(mapper, hits.map(idOf), api, unread)
  const read = new Map(seen.map((one) => [nameIn(type, mapper.toRow(one)), one]))
  return hits.flatMap((candidate) => {
    const refused = unread.get(canonicalJson(idOf(candidate)))
    if (refused) leaveUnsure(candidate, refused.why)
    const one = read.get(nameIn(type, candidate.want))
    return one === undefined ? [] : [{ change: candidate.change, seen: one }]
  })
}
