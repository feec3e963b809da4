/** The one place where a step's write is made: by a call of its own, or in one with what else of its group is due. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Outcome, Token } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import type { Step } from '#engine/order/step.ts'
import { callGroup } from '#engine/plan/share-calls.ts'
import { type Grouping, type Mapper, type RowOutcome, type RowWrite, writeGroup } from '#modules/kit/index.ts'
import { batched } from './batched.ts'
import { type CloudReader, mapperOf } from './cloud-reader.ts'
import type { Job } from './jobs.ts'

type Spot = Pick<Step, 'accountId' | 'region'>

export type Write =
  | { readonly kind: 'create'; readonly row: Row; readonly token: Token }
  | {
      readonly kind: 'update'
      readonly row: Row
      readonly seen: unknown
      readonly delta: Parameters<Mapper['update']>[2]
      readonly token: Token
    }
  | {
      readonly kind: 'delete'
      readonly row: Row
      readonly seen: unknown
      /** The outputs of what a commit has made, and takes back. */
      readonly made?: readonly Row[] | undefined
    }

export type CloudWriter = (job: Job, spot: Spot, write: Write) => Promise<Outcome>

interface Item {
  readonly job: Job
  readonly write: Write
}

export function cloudWriter(reader: CloudReader): CloudWriter {
  const groups = new Map<string, (item: Item) => Promise<RowOutcome>>()

  const writeTogether = async (spot: Spot, items: readonly Item[]): Promise<readonly RowOutcome[]> => {
    const type = items[0]?.job.type
    const grouping = type?.mapper?.grouping as Grouping<Row, unknown> | undefined
    if (!type || !grouping)
      throw new IasqlError('system/internal', 'writes that share no call were put together')
    // The calls of all end by the deadline of the first: nobody may look for its own while they are under way.
    const deadlineMs = Math.min(...items.map(({ job }) => job.deadlineMs))
    const shared = { type, deadlineMs, hasWritten: false }
    const writes = items.map(({ write }) => write as RowWrite<Row, unknown>)
    try {
      return await writeGroup(grouping, writes, () => reader.writeApi(shared, spot))
    } finally {
      if (shared.hasWritten) for (const { job } of items) job.hasWritten = true
    }
  }
  const inGroup = (job: Job, spot: Spot, write: Write): Promise<RowOutcome> => {
    const { name, grouped } = job.type
    if (!grouped) throw new IasqlError('system/internal', `${name} has no groups`)
    const key = canonicalJson([
      name,
      spot.accountId,
      spot.region,
      write.kind,
      callGroup(grouped, write.kind, write.row),
    ])
    const group =
      groups.get(key) ?? batched((items) => writeTogether(spot, items), { parallel: 1, most: grouped.max })
    groups.set(key, group)
    return group({ job, write })
  }
  return async (job, spot, write) => {
    const mapper = mapperOf(job.type)
    if (mapper.grouping) {
      const outcome = await inGroup(job, spot, write)
      if (outcome instanceof IasqlError) throw outcome
      return outcome
    }
    const api = reader.writeApi(job, spot)
    switch (write.kind) {
      case 'create':
        return await mapper.create(write.row, write.token, api)
      case 'update':
        return await mapper.update(write.seen, write.row, write.delta, write.token, api)
      case 'delete':
        return write.made && mapper.takeBack
          ? await mapper.takeBack(write.seen, write.made, api)
          : await mapper.delete(write.seen, write.row, api)
    }
  }
}
