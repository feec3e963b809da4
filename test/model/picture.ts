/** The rows and the engine's records of them at one moment. */
import { type Substituted, substitute } from '#engine/expression/expression.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import type { SimulatedLab } from '#test/support/simulated/lab.ts'
import { sim } from '#test/support/simulated/module.ts'

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
}

export const columnsOf = (table: string) => sim.tables.find(({ name }) => name === table)?.columns ?? {}

/** With the values that expressions stand for. */
export const resolved = (value: Json, rows: ReadonlyMap<string, Row>): Substituted =>
  substitute(value, ({ table, id, column }) => rows.get(keyOf(table, id))?.[column])

export const keyOf = (table: string, rowId: Json | undefined): string => `${table}/${String(rowId)}`

interface Stored {
  readonly table_name: string
  readonly row_id: number
  readonly cloud_id: Readonly<Record<string, string>> | null
}

export async function takePicture(lab: SimulatedLab): Promise<Picture> {
  const rows = new Map<string, Row>()
  for (const { name } of sim.tables) {
    for (const row of await lab.user.query<Row>(`SELECT * FROM ${name} ORDER BY id`))
      rows.set(keyOf(name, row.id), row)
  }
  const t = lab.tenant.schema
  const stored = await lab.platform.query<Stored>(
    `SELECT table_name, row_id, cloud_id FROM ${t}.iasql_resource`,
  )
  const records = stored.flatMap((record) => {
    const id = idIn(record)
    const isOurs = sim.tables.some(({ name }) => name === record.table_name)
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
  return {
    rows,
    byId: new Map(records.map((record) => [record.id, record])),
    byRow: new Map(records.map((record) => [keyOf(record.table, record.rowId), record])),
    missing: new Set(missing.map((one) => keyOf(one.table_name, one.row_id))),
    changed: new Map(changed.map((one) => [idIn(one) ?? '', keyOf(one.table_name, one.row_id)])),
  }
}

const idIn = ({ cloud_id: id }: Stored): string | undefined => Object.values(id ?? {})[0]
