/** What AWS makes along with a resource comes with its outcome: imported, or bound to the rows of the replaced one's. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudId, CloudReference, SeenRow } from '#engine/model/cloud.ts'
import { qualifiedName } from '#engine/model/table.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import {
  type CompanionRecord,
  readCompanions,
  rebindCompanions,
} from '#postgres/statements/resource-companions.ts'
import { dropRows } from '#postgres/statements/resource-drop.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { importRows } from '../sync/import-rows.ts'
import { readRow } from '../sync/row-references.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, stepOf } from './jobs.ts'

interface Parent {
  readonly type: ResourceType
  readonly cloudId: CloudId
  readonly place: RowPlace
}

export async function takeCompanions(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  cloudId: CloudId,
): Promise<void> {
  if (!hasCompanions(run, job.type)) return
  const { step } = stepOf(job, stepKey)
  await takeFrom(run, { type: job.type, cloudId, place: { accountId: step.accountId, region: step.region } })
}

export const hasCompanions = (run: ApplyRun, parent: ResourceType): boolean =>
  childTypes(run, parent).length > 0

const childTypes = (run: ApplyRun, parent: ResourceType): readonly ResourceType[] =>
  run.tables.types.filter((type) => type.createdWith.some((made) => made.parent === qualifiedName(parent)))

async function takeFrom(run: ApplyRun, parent: Parent): Promise<void> {
  const { context } = run
  const db = context.ports.platform
  const [record] = await findResources(db, context.tenant, [
    { table_name: parent.type.name, cloud_id: parent.cloudId },
  ])
  if (!record) return
  const known = await readCompanions(db, context.tenant, record.resource_id)
  for (const type of childTypes(run, parent.type)) {
    const mapper = type.mapper
    if (!mapper?.companions) continue
    const reference: CloudReference = { $ref: qualifiedName(parent.type), id: parent.cloudId }
    const seen: unknown[] = []
    for await (const one of mapper.companions(reference, run.reader.api(type, parent.place))) seen.push(one)
    const before = known.filter((companion) => companion.table_name === type.name)
    await take(run, { type, mapper, seen, before, companionOf: record.resource_id, place: parent.place })
    for (const one of seen) await takeFrom(run, { type, cloudId: mapper.idOf(one), place: parent.place })
  }
}

interface Taken {
  readonly type: ResourceType
  readonly mapper: Mapper
  readonly seen: readonly unknown[]
  /** Recorded for this parent before. */
  readonly before: readonly CompanionRecord[]
  readonly companionOf: number
  readonly place: RowPlace
}

async function take(run: ApplyRun, taken: Taken): Promise<void> {
  const { type, mapper, place } = taken
  const { ports, tenant } = run.context
  const rows: ImportedRow[] = []
  for (const one of taken.seen) {
    const seen: SeenRow = mapper.toRow(one)
    const { row, dangling } = readRow(type, seen, await run.index(seen), place)
    if (dangling.length > 0) continue
    const companionOf = taken.companionOf
    rows.push({ cloudId: mapper.idOf(one), row, naturalName: naturalName(type, row), companionOf })
  }
  const held = new Set(taken.before.map((record) => canonicalJson(record.cloud_id)))
  const made = rows.filter((row) => !held.has(canonicalJson(row.cloudId)))
  const current = new Set(rows.map((row) => canonicalJson(row.cloudId)))
  const old = taken.before.filter((record) => !current.has(canonicalJson(record.cloud_id)))
  const pairs = pairUp(made, old)
  await rebindCompanions(
    ports.platform,
    tenant,
    pairs.map(([row, record]) => ({
      resource_id: record.resource_id,
      cloud_id: row.cloudId,
      row: row.row,
    })),
  )
  for (const [row, { row_id: rowId }] of pairs) {
    run.learn({ table: type.name, rowId }, { cloudId: row.cloudId, observed: row.row })
  }
  const paired = new Set<unknown>(pairs.flat())
  const { notices } = await importRows(
    ports.platform,
    tenant,
    type,
    place,
    made.filter((row) => !paired.has(row)),
  )
  for (const notice of notices) run.context.progress.notice(notice)
  const gone = old.filter((record) => !paired.has(record)).map((record) => record.row_id)
  if (gone.length > 0) await dropRows(ports.platform, tenant, type, run.tables.types, gone)
}

/** New companions and rows of old ones that stand for the same thing: the only one of their kind, or of equal name. */
function pairUp(
  made: readonly ImportedRow[],
  old: readonly CompanionRecord[],
): readonly (readonly [ImportedRow, CompanionRecord])[] {
  const [row] = made
  const [record] = old
  if (made.length === 1 && old.length === 1 && row && record) return [[row, record]]
  const left = [...old]
  return made.flatMap((one) => {
    const at = left.findIndex((candidate) => likeness(candidate.base ?? {}) === likeness(one.row))
    const [match] = at < 0 ? [] : left.splice(at, 1)
    return match ? [[one, match] as const] : []
  })
}

/** Everything about a row but what the cloud names anew each time. */
const likeness = (row: ImportedRow['row']): string =>
  canonicalJson(
    Object.fromEntries(
      Object.entries(row).filter(([, value]) => typeof value !== 'string' || !isAwsId(value)),
    ),
  )

const isAwsId = (value: string): boolean => /-[0-9a-f]{8,}$/.test(value)
