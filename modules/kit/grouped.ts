/** Writes that AWS takes many at a time for the one thing they belong to: rules of a group, records of a zone. */
import type { CloudApi, Outcome } from '#engine/model/cloud.ts'
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import type { CreateWrite, DeleteWrite, Grouping, RowOutcome, RowWrite, UpdateWrite } from './grouping.ts'
import type { Mapper } from './mapper.ts'

/**
 * A mapper whose writes the engine hands over by groups, as many as are due at one moment.
 *
 * @example
 * mapper: grouped<Row, Seen>({ client, operations, list, get, … }, { by: { create: ['zone_id'], … }, max: 100, write })
 */
export function grouped<Row, Seen>(
  mapper: Omit<Mapper<Row, Seen>, 'create' | 'update' | 'delete' | 'takeBack' | 'grouping'>,
  grouping: Grouping<Row, Seen>,
): Mapper<Row, Seen> {
  const alone = async (write: RowWrite<Row, Seen>, cloud: CloudApi): Promise<Outcome> => {
    const [outcome] = await writeGroup(grouping, [write], () => cloud)
    if (outcome instanceof IasqlError) throw outcome
    if (!outcome) throw new IasqlError('system/internal', 'a grouped write has no outcome')
    return outcome
  }
  return {
    ...mapper,
    grouping,
    create: (row, token, cloud) => alone({ kind: 'create', row, token }, cloud),
    update: (seen, row, delta, token, cloud) => alone({ kind: 'update', row, seen, delta, token }, cloud),
    delete: (seen, row, cloud) => alone({ kind: 'delete', row, seen }, cloud),
  }
}

/** Refusals that one row may be the cause of; others are everybody's, however few ask. */
const ofOneRow: ReadonlySet<ErrorCode> = new Set([
  'cloud/invalid',
  'cloud/not-found',
  'cloud/conflict',
  'cloud/quota',
])

/** One call for all; where the whole is refused, halves of it, until those stand alone that AWS does not want. */
export async function writeGroup<Row, Seen>(
  grouping: Grouping<Row, Seen>,
  writes: readonly RowWrite<Row, Seen>[],
  api: () => CloudApi,
): Promise<readonly RowOutcome[]> {
  try {
    return await writeOnce(grouping, writes, api())
  } catch (error) {
    if (!(error instanceof IasqlError)) throw error
    if (writes.length === 1 || !ofOneRow.has(error.code)) return writes.map(() => error)
    const middle = Math.ceil(writes.length / 2)
    const first = await writeGroup(grouping, writes.slice(0, middle), api)
    return [...first, ...(await writeGroup(grouping, writes.slice(middle), api))]
  }
}

async function writeOnce<Row, Seen>(
  { write }: Grouping<Row, Seen>,
  writes: readonly RowWrite<Row, Seen>[],
  cloud: CloudApi,
): Promise<readonly RowOutcome[]> {
  switch (writes[0]?.kind) {
    case 'create':
      return await write.create(writes as readonly CreateWrite<Row>[], cloud)
    case 'update':
      return await write.update(writes as readonly UpdateWrite<Row, Seen>[], cloud)
    case 'delete':
      return await write.delete(writes as readonly DeleteWrite<Row, Seen>[], cloud)
    default:
      return []
  }
}
