/** A resource of parts: settings that AWS keeps beside it, each with a read and a write of its own, as a bucket's policy. */
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import type { Columns } from '#engine/model/column.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { ColumnDelta, Resolved } from './row.ts'

/** The columns of a part bear its name: `{ part: 'policy', ownCall: ['create', 'update'] }`. */
export interface Part<Row, Value, Shown> {
  /** One call. That AWS does not find it means that the resource has no such part. */
  read(id: CloudId, cloud: CloudApi): Promise<Value>
  /** Pure; its columns, also of a part that is absent. */
  toRow(value: Value | undefined): Shown
  /** One call, which makes the part what its columns say: puts it, or removes it where they say nothing. */
  write(id: CloudId, want: Resolved<Row>, cloud: CloudApi, seen: Value | undefined): Promise<unknown>
}

// biome-ignore lint/suspicious/noExplicitAny: what each part reads is its own affair
export type AnyPart<Row> = Part<Row, any, any>

/** What was read of each part; a part that is absent has no value. */
export type SeenParts = Readonly<Record<string, unknown>>

type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never
type ShownBy<Parts extends Readonly<Record<string, AnyPart<never>>>> = Intersection<
  ReturnType<Parts[keyof Parts]['toRow']>
>

export interface PartWrites<Row> {
  readonly id: CloudId
  readonly seen: SeenParts
  readonly want: Resolved<Row>
  readonly delta: ColumnDelta<Row>
}

interface Whole<Row, Parts> {
  /** For `hydrates`. */
  readonly columns: readonly (keyof Row & string)[]
  /** Undefined when the resource itself is gone. */
  read(id: CloudId, cloud: CloudApi): Promise<SeenParts | undefined>
  toRow(seen: SeenParts): Parts extends Readonly<Record<string, AnyPart<never>>> ? ShownBy<Parts> : never
  /** One call for each part that the delta names: first what is removed, from the last to the first, then what is put. */
  write(writes: PartWrites<Row>, cloud: CloudApi): Promise<void>
}

/** @example const policy = partOf<Row>()({ read: …, toRow: (policy) => ({ policy: policy ?? null }), write: … }) */
export const partOf =
  <Row>() =>
  <Value, Shown>(part: Part<Row, Value, Shown>): Part<Row, Value, Shown> =>
    part

/**
 * @param gone Typed error name by which AWS says that the whole resource is not there.
 * @example const settings = partsOf<Row>()(columns, { policy, versioning }, 'NoSuchBucket')
 */
export const partsOf =
  <Row>() =>
  <const Parts extends Readonly<Record<string, AnyPart<Row>>>>(
    columns: Columns,
    parts: Parts,
    gone: string,
  ): Whole<Row, Parts> => {
    const all = Object.entries<AnyPart<Row>>(parts)
    const columnsOf = (part: string) =>
      Object.keys(columns).filter((name) => columns[name]?.part === part) as (keyof Row & string)[]
    return {
      columns: all.flatMap(([name]) => columnsOf(name)),
      async read(id, cloud) {
        const values = await Promise.all(
          all.map(async ([name, part]) => [name, await readPart(part, id, cloud, gone)] as const),
        )
        return values.some(([, value]) => value === isGone) ? undefined : Object.fromEntries(values)
      },
      toRow: (seen) => Object.assign({}, ...all.map(([name, part]) => part.toRow(seen[name]))),
      async write({ id, seen, want, delta }, cloud) {
        const changed = all.filter(([name]) => columnsOf(name).some((column) => delta[column]))
        const isRemoved = ([name]: (typeof all)[number]): boolean =>
          columnsOf(name).every((column) => want[column as keyof typeof want] === null)
        const removed = changed.filter(isRemoved).reverse()
        // What is put may be refused while what was built upon it stands: versions end after their replication.
        for (const [name, part] of [...removed, ...changed.filter((one) => !isRemoved(one))])
          await part.write(id, want, cloud, seen[name])
      },
    }
  }

const isGone = Symbol('gone')

async function readPart<Row>(
  part: AnyPart<Row>,
  id: CloudId,
  cloud: CloudApi,
  gone: string,
): Promise<unknown> {
  try {
    return await part.read(id, cloud)
  } catch (error) {
    if (!(error instanceof IasqlError) || error.code !== 'cloud/not-found') throw error
    return error.refusal?.error === gone ? isGone : undefined
  }
}
