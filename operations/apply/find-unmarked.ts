/** What may have come of a create that nothing can be looked up by: what has come since the call and is as was asked for. */
import { equals } from '#engine/columns/canonical.ts'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, SeenRow } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import { type Newcomers, shareOf } from '#engine/plan/share-newcomers.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type IntentKey, type Rival, readRivals, readSiblings } from '#postgres/statements/intent-siblings.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { asWant } from '../plan/resolve-row.ts'
import type { Ports } from '../ports.ts'
import { stragglerMs } from './call-times.ts'
import { mapperOf } from './cloud-reader.ts'

type Newcomer =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly seen: unknown }
  /** More have come than there are open calls that may have made them. */
  | { readonly kind: 'several'; readonly ids: readonly string[] }
  /** What has come may be what a call makes that is still under way. */
  | { readonly kind: 'early' }

interface Scope {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly type: ResourceType
  readonly api: CloudApi
}

type Seen = ReadonlyMap<string, unknown>

/** To be asked only once the call has ended for certain and reads lag no more. */
export async function findUnmarked(scope: Scope, intent: IntentKey): Promise<Newcomer> {
  const { ports, tenant, type } = scope
  const listed = await listAll(scope)
  // The list first: whoever made what it shows has an open intent by now, or a record.
  const rivals = await readRivals(ports.platform, tenant, intent)
  const alike = alikeIn(type, listed, rivals, type.hydrates)
  const left = await withoutRecorded(scope, listed, alike)
  const newcomers = await withoutSiblings(scope, alikeIn(type, left, rivals, type.hydrates))
  if ((newcomers.get(intent.row_id) ?? []).length === 0) return { kind: 'none' }
  const others = rivals.filter(({ row_id: rowId }) => rowId !== intent.row_id)
  if (others.some(({ deadline }) => isUnderWay(scope, deadline))) return { kind: 'early' }
  const read = await readAll(scope, left, newcomers)
  const whole = alikeIn(type, read, rivals)
  const shared = [...newcomers].map(([rowId, ids]): [number, readonly string[]] => [
    rowId,
    ids.filter((id) => whole.get(rowId)?.includes(id)),
  ])
  const share = shareOf(new Map(shared), intent.row_id)
  return share.kind === 'one' ? { kind: 'one', seen: read.get(share.id) } : share
}

const isUnderWay = ({ ports, type }: Scope, deadline: string): boolean =>
  ports.clock.now().getTime() <
  new Date(deadline).getTime() + ports.cloud.settleMs(type.settleMs) + stragglerMs

async function listAll({ type, api }: Scope): Promise<Seen> {
  const mapper = mapperOf(type)
  const listed = new Map<string, unknown>()
  for await (const seen of mapper.list(api.place, api)) {
    const isAnothers = mapper.isExternal?.(seen, api.place) || mapper.companionOf?.(seen)
    if (!isAnothers) listed.set(describeCloudId(mapper.idOf(seen)), seen)
  }
  return listed
}

async function readAll({ type, api }: Scope, seen: Seen, newcomers: Newcomers): Promise<Seen> {
  const mapper = mapperOf(type)
  const ids = new Set([...newcomers.values()].flat())
  const read = await mapper.get(
    [...ids].map((id) => mapper.idOf(seen.get(id))),
    api,
  )
  return new Map(read.map((one) => [describeCloudId(mapper.idOf(one)), one]))
}

/** What is as each of them asked for, or what somebody was asked about already. */
function alikeIn(
  type: ResourceType,
  seen: Seen,
  rivals: readonly Rival[],
  untold: readonly string[] = [],
): Newcomers {
  const rows = [...seen].map(([id, one]) => [id, mapperOf(type).toRow(one)] as const)
  return new Map(
    rivals.map(({ row_id: rowId, want, candidates }) => [
      rowId,
      rows.flatMap(([id, row]) => {
        const isAlike = candidates ? candidates.includes(id) : isAsAsked(type, want, row, untold)
        return isAlike ? [id] : []
      }),
    ]),
  )
}

async function withoutSiblings({ ports, tenant, type }: Scope, newcomers: Newcomers): Promise<Newcomers> {
  const rows = [...newcomers.keys()]
  const ids = [...new Set([...newcomers.values()].flat())]
  const pairs = await readSiblings(ports.platform, tenant, type.name, { rows, ids })
  const known = new Set(pairs.map(({ row_id: rowId, id }) => `${rowId} ${id}`))
  return new Map(
    [...newcomers].map(([rowId, its]) => [rowId, its.filter((id) => !known.has(`${rowId} ${id}`))]),
  )
}

async function withoutRecorded(
  { ports, tenant, type, api }: Scope,
  listed: Seen,
  alike: Newcomers,
): Promise<Seen> {
  const mapper = mapperOf(type)
  const ids = [...new Set([...alike.values()].flat())]
  const names = ids.map((id) => ({ table_name: type.name, cloud_id: mapper.idOf(listed.get(id)) }))
  const recorded = await findResources(ports.platform, tenant, names)
  const here = recorded.filter(
    ({ account_id: account, region }) =>
      (account ?? api.place.accountId) === api.place.accountId &&
      (region ?? api.place.region) === api.place.region,
  )
  const known = new Set(here.map((record) => describeCloudId(record.cloud_id)))
  return new Map(ids.filter((id) => !known.has(id)).map((id) => [id, listed.get(id)]))
}

/** Whether it has all that the create sent; what that left open, AWS has filled. */
function isAsAsked(type: TableSpec, want: Row, seen: SeenRow, untold: readonly string[] = []): boolean {
  const row = asWant(seen)
  return Object.entries(type.columns).every(([name, column]) => {
    const asked = want[name] ?? null
    const isSent = asked !== null && column.nature === 'argument' && !column.ownCall?.includes('create')
    if (!isSent || untold.includes(name)) return true
    return column.reference?.by === 'id'
      ? canonicalJson(asked) === canonicalJson(row[name] ?? null)
      : equals(column, asked, row[name])
  })
}
