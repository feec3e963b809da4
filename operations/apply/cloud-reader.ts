/** Reads resources by id for many steps at once: one describe for whatever is wanted at the same moment. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Step } from '#engine/order/step.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { getReadable, type UnreadResources } from '../sync/unread.ts'
import { batched } from './batched.ts'
import { readSeconds } from './call-times.ts'
import type { Job } from './jobs.ts'

type Spot = Pick<Step, 'accountId' | 'region'>

const momentMs = 1_000

export interface CloudReader {
  api(type: ResourceType, spot: Spot): CloudApi
  /** The same one for a moment, so that a mapper may answer many look-ups by one reading. */
  momentApi(type: ResourceType, spot: Spot): CloudApi
  /** For the calls of the job's latest intent, which end by its deadline, answered or not. */
  writeApi(job: Pick<Job, 'type' | 'deadlineMs' | 'cloud' | 'hasWritten'>, spot: Spot): CloudApi
  /** What the cloud has under this id, or undefined. */
  read(type: ResourceType, spot: Spot, id: CloudId): Promise<unknown>
  /** Ids, as texts, of all that the place has of the kind; read after this was asked for. */
  siblings(type: ResourceType, spot: Spot): Promise<readonly string[]>
}

export const mapperOf = (type: ResourceType): Mapper => {
  if (type.mapper) return type.mapper
  throw new IasqlError('system/internal', `no cloud knows table ${type.name}`)
}

export function cloudReader(ports: Ports, signal: AbortSignal): CloudReader {
  const running = ports.cloud.running?.() ?? ports.cloud
  const readers = new Map<string, (id: CloudId) => Promise<Read>>()
  const listers = new Map<string, (at: null) => Promise<readonly string[]>>()
  const within = (ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)])
  const api = (type: ResourceType, spot: Spot): CloudApi =>
    running.api(mapperOf(type).client, placeOf(ports, spot), within(readSeconds * 1_000))
  return {
    api,
    momentApi: sharedForMoments(ports, api),
    writeApi(job, spot) {
      const { type, deadlineMs, cloud = running } = job
      const leftMs = Math.max(0, deadlineMs - ports.clock.now().getTime())
      return noting(job, cloud.api(mapperOf(type).client, placeOf(ports, spot), within(leftMs)))
    },
    async read(type, spot, id) {
      const key = keyOf(type, spot)
      const reader =
        readers.get(key) ??
        batched(
          readMany(type, () => api(type, spot)),
          { parallel: 4, most: 100 },
        )
      readers.set(key, reader)
      const { refused, seen } = await reader(id)
      if (refused) throw refused
      return seen
    },
    siblings(type, spot) {
      const key = keyOf(type, spot)
      const lister = listers.get(key) ?? batched(listMany(type, () => api(type, spot)))
      listers.set(key, lister)
      return lister(null)
    },
  }
}

const keyOf = ({ name }: ResourceType, { accountId, region }: Spot): string =>
  `${name} ${accountId} ${region}`

function sharedForMoments({ clock }: Ports, api: CloudReader['api']): CloudReader['momentApi'] {
  const moments = new Map<string, { readonly shared: CloudApi; readonly untilMs: number }>()
  return (type, spot) => {
    const key = keyOf(type, spot)
    const nowMs = clock.now().getTime()
    const known = moments.get(key)
    if (known && nowMs < known.untilMs) return known.shared
    const shared = api(type, spot)
    moments.set(key, { shared, untilMs: nowMs + momentMs })
    return shared
  }
}

/** Once one call has gone through, or may have, the cloud is another than it was, whatever becomes of the next. */
const noting = (job: Pick<Job, 'hasWritten'>, api: CloudApi): CloudApi => ({
  ...api,
  async send(command, input) {
    try {
      const output = await api.send(command, input)
      job.hasWritten = true
      return output
    } catch (error) {
      if (error instanceof IasqlError && error.code === 'cloud/unknown-outcome') job.hasWritten = true
      throw error
    }
  },
})

/** One list for whoever asks at the same moment. */
const listMany =
  (type: ResourceType, api: () => CloudApi) =>
  async (asking: readonly null[]): Promise<readonly (readonly string[])[]> => {
    const mapper = mapperOf(type)
    const ids: string[] = []
    const cloud = api()
    for await (const seen of mapper.list(cloud.place, cloud)) ids.push(describeCloudId(mapper.idOf(seen)))
    return asking.map(() => ids)
  }

/** Of one that is asked for among others. */
interface Read {
  readonly seen?: unknown
  readonly refused?: IasqlError | undefined
}

const readMany =
  (type: ResourceType, api: () => CloudApi) =>
  async (ids: readonly CloudId[]): Promise<readonly Read[]> => {
    const mapper = mapperOf(type)
    const found = new Map<string, unknown>()
    const unread: UnreadResources = new Map()
    for (const seen of await getReadable(mapper, ids, api(), unread))
      found.set(canonicalJson(mapper.idOf(seen)), seen)
    return ids.map(canonicalJson).map((id) => ({ seen: found.get(id), refused: unread.get(id)?.why }))
  }
