/** The rows and the engine's records of them at one moment. */
import { type Substituted, substitute } from '#engine/expression/expression.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Ports } from '#operations/ports.ts'
import { openSecrets, withSecrets } from '#operations/secrets/open-secrets.ts'
import { type KindName, kinds } from '#test/support/simulated/kinds.ts'
import type { SimulatedLab } from '#test/support/simulated/lab.ts'
import { simulatedTables } from '#test/support/simulated/shapes.ts'
import type { World } from '#test/support/simulated/world.ts'

export interface Binding {
  readonly table: KindName
  readonly rowId: number
  readonly id: string
}

export interface Picture {
  /** Rows by `table/id`. */
  readonly rows: ReadonlyMap<string, Row>
  /** The engine's records, by cloud id. */
  readonly byId: ReadonlyMap<string, Binding>
  /** And by `table/id`. */
  readonly byRow: ReadonlyMap<string, Binding>
  /** Rows that the product says the cloud has lost. */
  readonly missing: ReadonlySet<string>
  /** The row that a change of whatever execution was about, by cloud id. */
  readonly changed: ReadonlyMap<string, string>
  /** What users were told of that may have been made for a row which wants it no more. */
  readonly told: readonly string[]
}

export const columnsOf = (table: string) => simulatedTables.find(({ name }) => name === table)?.columns ?? {}

/** With the values that expressions stand for. */
export const resolved = (value: Json, rows: ReadonlyMap<string, Row>): Substituted =>
  substitute(value, ({ table, id, column }) => rows.get(keyOf(table, id))?.[column])

export const keyOf = (table: string, rowId: Json | undefined): string => `${table}/${String(rowId)}`

interface Stored {
  readonly table_name: string
  readonly row_id: number
  readonly cloud_id: Readonly<Record<string, string>> | null
}

export async function takePicture(lab: SimulatedLab, ports: Ports): Promise<Picture> {
  const rows = new Map<string, Row>()
  for (const type of simulatedTables) {
    for (const row of await lab.user.query<Row>(`SELECT * FROM ${type.name} ORDER BY id`))
      rows.set(keyOf(type.name, row.id), await opened(lab, ports, type, row))
  }
  const t = lab.tenant.schema
  const stored = await lab.platform.query<Stored>(
    `SELECT table_name, row_id, cloud_id FROM ${t}.iasql_resource`,
  )
  const { world } = lab.cloud
  const records = stored.flatMap((record) => {
    const [id] = worldIds(world, record).slice(-1)
    const isOurs = simulatedTables.some(({ name }) => name === record.table_name)
    return id !== undefined && isOurs
      ? [{ table: record.table_name as KindName, rowId: record.row_id, id }]
      : []
  })
  const missing = await lab.platform.query<Stored>(`SELECT table_name, row_id FROM ${t}.iasql_missing`)
  const changed = await lab.platform.query<Stored>(
    `SELECT DISTINCT table_name, row_id, c.id AS cloud_id FROM ${t}.iasql_change_record,
       LATERAL (VALUES (cloud_id), (planned->'cloudId')) AS c (id)
     WHERE execution_id IS NOT NULL AND jsonb_typeof(c.id) = 'object'`,
  )
  const changes = changed.flatMap((one) =>
    worldIds(world, one).map((id) => [id, keyOf(one.table_name, one.row_id)] as const),
  )
  const told = await lab.platform.query<{ readonly message: string }>(
    `SELECT body->>'message' AS message FROM ${t}.iasql_event
     WHERE kind = 'notice' AND body->>'message' LIKE '%may have been made for row%'`,
  )
  return {
    rows,
    told: told.map(({ message }) => message),
    byId: new Map(records.map((record) => [record.id, record])),
    byRow: new Map(records.map((record) => [keyOf(record.table, record.rowId), record])),
    missing: new Set(missing.map((one) => keyOf(one.table_name, one.row_id))),
    // Of several rows that have had a name the one that is gone says more of what went with it.
    changed: new Map(
      changes.toSorted(([, one], [, other]) => Number(!rows.has(one)) - Number(!rows.has(other))),
    ),
  }
}

/** With the secrets that its markers stand for. */
async function opened({ tenant }: SimulatedLab, ports: Ports, type: ResourceType, row: Row): Promise<Row> {
  return withSecrets(type, row, await openSecrets(ports, tenant, type, row))
}

/** Of a name all that have borne it, the one that bears it now last. */
function worldIds(world: World, { table_name: table, cloud_id: id }: Stored): readonly string[] {
  const cloudId = Object.values(id ?? {})[0]
  if (cloudId === undefined) return []
  const bearers = table in kinds ? world.bearers(table as KindName, cloudId).map((thing) => thing.id) : []
  return bearers.length > 0
    ? bearers.toSorted((one, other) => standing(world, one) - standing(world, other))
    : [cloudId]
}

const standing = (world: World, id: string): number => Number(world.now(id) !== undefined)
