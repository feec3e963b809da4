/** How one kind of resource is read and changed in the cloud: the only code of a module that makes calls. */
import type {
  CloudApi,
  CloudId,
  CloudReference,
  Outcome,
  Place,
  SeenRow,
  Token,
} from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Grouping } from './grouping.ts'
import type { ColumnDelta, Resolved, Told } from './row.ts'

// biome-ignore lint/suspicious/noExplicitAny: every SDK client class has its own configuration type
export type SdkClientClass = new (configuration: any) => object

/** Whether what a write began has come to its end; `failed` says why it never will. */
export type Settled = boolean | { readonly failed: string }

/** A service that takes a token with a create, or not even that, and shows nothing of it afterwards. */
interface Unmarked {
  /** For so long after the first call it answers a repeated token with what that made; 0: it takes none. Milliseconds. */
  readonly tokenMs: number
}

interface Reads<Row, Seen> {
  readonly client: SdkClientClass
  /** Exactly the SDK operations it calls, without `Command`: `DescribeVpcs`. */
  readonly operations: readonly string[]
  /** What AWS knows the resource by; also of an item that `list` yields before it is hydrated. */
  idOf(seen: Seen): CloudId
  /**
   * Everything at the place; cheap and paged; throws when it cannot complete. Where the table `hydrates`, an item lacks
   * those columns and must be read by `get` before `toRow`.
   */
  list(place: Place, cloud: CloudApi): AsyncIterable<Seen>
  /** Reads many at once; a missing id is absent from the result. */
  get(ids: readonly CloudId[], cloud: CloudApi): Promise<readonly Seen[]>
  /** Pure. References as `ref(table, cloudId)`; without the secret columns. */
  toRow(seen: Seen): Told<Row>
  /** Whether the resource is ready (milestone `ready`); absent means always. */
  settled?(seen: Seen): Settled
  /** The parent that AWS made this along with, or null for one made by itself; pure. */
  companionOf?(seen: Seen): CloudReference | null
  /** Whether another account owns it, though it shows (a shared subnet): not ours to change; pure. */
  isExternal?(seen: Seen, place: Place): boolean
  /** What AWS made of this kind along with one parent, complete (already hydrated). */
  companions?(parent: CloudReference, cloud: CloudApi): AsyncIterable<Seen>
}

export interface Mapper<Row = SeenRow, Seen = unknown> extends Reads<Row, Seen> {
  /** References in `want` are cloud ids. `waiting … again`: `update` is called next, with a new `seen`. */
  create(want: Resolved<Row>, token: Token, cloud: CloudApi): Promise<Outcome>
  /**
   * `want` is the whole row as it shall be (pushed columns as desired, the others as observed); `delta` names the pushed
   * ones. Convergent: called again after a crash it does what is left. The outcome's id may differ from the old one.
   */
  update(
    seen: Seen,
    want: Resolved<Row>,
    delta: ColumnDelta<Row>,
    token: Token,
    cloud: CloudApi,
  ): Promise<Outcome>
  /** `waiting … done` is over when `get` no longer returns the id. */
  delete(seen: Seen, last: Resolved<Row>, cloud: CloudApi): Promise<Outcome>
  /**
   * Instead of `delete`, of what a commit that is taken back has itself made: for where `delete` leaves something of it
   * behind, such as earlier versions. `made` are its output columns as they were read when it was made, and after each
   * later write that gave it others; one that is not there was not read. Answers as `delete` does, and may fall back on
   * what that does.
   */
  takeBack?(seen: Seen, made: readonly Partial<Told<Row>>[], cloud: CloudApi): Promise<Outcome>
  /** How rows share calls; made by `grouped`. */
  readonly grouping?: Grouping<Row, Seen>
  /** Removes our own tags (`ownTags`) of resources that are ours no more; nothing happens to those that carry none. */
  untag?(ids: readonly CloudId[], cloud: CloudApi): Promise<void>
  /** The resource that this create attempt made, by the token it carried; `want` is what it asked for. */
  findByToken?(token: Token, cloud: CloudApi, want: Resolved<Row>): Promise<Seen | undefined>
  /** The resource that bears the name (or sits in the one place) that `want` asks for; for adoption and for settling. */
  findByName?(want: Resolved<Row>, cloud: CloudApi): Promise<Seen | undefined>
  /**
   * Instead of both, where there is nothing to look up by. A create without an answer is repeated with its token while that
   * is valid; afterwards the one resource that `list` did not show before, and that is as was asked for, is taken as made.
   */
  readonly unmarked?: Unmarked
}

/**
 * @example
 * mapper: defineMapper<Row, SeenQueue>()({ client: SQSClient, operations: [...], list: (_, sqs) => ..., ... })
 */
export const defineMapper =
  <Row, Seen>() =>
  (mapper: Mapper<Row, Seen>): Mapper<Row, Seen> =>
    mapper

/** The mapper of a table that is only read: the engine plans no writes for it. */
export const defineReader =
  <Row, Seen>() =>
  (reads: Reads<Row, Seen>): Mapper<Row, Seen> => ({
    ...reads,
    create: refuse,
    update: refuse,
    delete: refuse,
  })

const refuse = (): never => {
  throw new IasqlError('system/internal', 'a read-only resource type was asked to write')
}
