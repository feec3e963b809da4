/** The tenant's users: their transactions, and what they can rely on having committed. */
import { createHash } from 'node:crypto'
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '#postgres/database.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import type { SimulatedLab } from '#test/support/simulated/lab.ts'
import { editIn } from './caller.ts'
import { columnsOf } from './picture.ts'
import type { Act, Edit, LineEdit, Value, Values } from './step.ts'

type EditAct = Omit<Extract<Act, { readonly act: 'edit' }>, 'act'>

/** One row of a committed transaction. */
export interface CommittedEdit {
  readonly edit: 'insert' | 'update' | 'delete'
  readonly table: KindName
  readonly rowId: number
  /** As written, references as row ids. */
  readonly values: Readonly<Record<string, Json>>
}

const typeOf = (table: KindName, column: string): string => columnsOf(table)[column]?.sqlType ?? 'text'

export class Users {
  readonly committed: CommittedEdit[] = []
  /** Of all statements, in the order in which they were sent; for those who read a failing script. */
  readonly statements: string[] = []
  readonly open = new Set<Promise<void>>()
  refused = 0
  readonly #lab: SimulatedLab

  constructor(lab: SimulatedLab) {
    this.#lab = lab
  }

  async transact(act: EditAct): Promise<void> {
    const done = this.#transaction(act).catch(() => {
      this.refused += 1
    })
    this.open.add(done)
    void done.finally(() => this.open.delete(done))
    if (act.holdMs === 0) await done
  }

  async remove(table: KindName, rowId: number): Promise<void> {
    await this.#lab.user.run(`DELETE FROM ${table} WHERE id = ${rowId}`)
    this.committed.push({ edit: 'delete', table, rowId, values: {} })
  }

  async #transaction({ edits, holdMs, isUndone, session }: EditAct): Promise<void> {
    const made: CommittedEdit[] = []
    await this.#lab.user.transaction(async (transaction) => {
      for (const edit of edits) made.push(...(await this.#perform(transaction, edit)))
      if (holdMs > 0) await this.#lab.clock.sleep(holdMs)
      if (isUndone) throw new Error('thought better of it')
      if (session !== undefined) await editIn(this.#lab, session, transaction)
    })
    this.committed.push(...made)
  }

  async #perform(transaction: Queryable, edit: Edit): Promise<readonly CommittedEdit[]> {
    const { table } = edit
    const rowId = edit.edit === 'insert' ? undefined : await rowAt(transaction, table, edit.slot)
    if (edit.edit !== 'insert' && rowId === undefined) return []
    if ('name' in edit) return await this.#performLine(transaction, edit, Number(rowId))
    if (edit.edit === 'delete') {
      await this.#send(transaction, `DELETE FROM ${table} WHERE id = ${rowId} RETURNING id`, {})
      // One that is protected stays, and one that came with another goes by a statement that says DELETE 0.
      const left = await transaction.query(`SELECT id FROM ${table} WHERE id = ${rowId}`)
      return left.length > 0 ? [] : [{ edit: 'delete', table, rowId: Number(rowId), values: {} }]
    }
    const values = await this.#given(transaction, edit.values)
    if (!values) return []
    const columns = Object.keys(values)
    if (columns.length === 0 && edit.edit === 'update') return []
    const [row] = await this.#send(transaction, statementOf(edit, columns, rowId), values)
    return row ? [{ edit: edit.edit, table, rowId: row.id, values: kept(table, values) }] : []
  }

  /** Of its lines a row has all in one column. */
  async #performLine(
    transaction: Queryable,
    edit: LineEdit,
    rowId: number,
  ): Promise<readonly CommittedEdit[]> {
    const { table, name } = edit
    const at = `blueprint_id = ${rowId} AND name = '${name}'`
    const [known] = await transaction.query(`SELECT name FROM blueprint_part WHERE ${at}`)
    // Who takes away what is not there has said nothing.
    if (edit.edit === 'no line' && !known) return []
    const { pieces = null, topic_id = null } = (await this.#given(transaction, edit.values)) ?? {}
    const said = { pieces: pieces ?? 1, topic_id }
    if (edit.edit === 'no line') await this.#send(transaction, `DELETE FROM blueprint_part WHERE ${at}`, {})
    else if (known)
      await this.#send(
        transaction,
        `UPDATE blueprint_part SET pieces = :pieces::integer, topic_id = :topic_id::bigint WHERE ${at}`,
        said,
      )
    else
      await this.#send(
        transaction,
        `INSERT INTO blueprint_part (blueprint_id, name, pieces, topic_id)
         VALUES (${rowId}, '${name}', :pieces::integer, :topic_id::bigint)`,
        said,
      )
    const [row] = await transaction.query<{ parts: Json }>(`SELECT parts FROM blueprint WHERE id = ${rowId}`)
    return row ? [{ edit: 'update', table, rowId, values: { parts: row.parts } }] : []
  }

  /** Undefined when there is nothing to refer to. */
  async #given(transaction: Queryable, values: Values): Promise<Readonly<Record<string, Json>> | undefined> {
    const all: Record<string, Json> = {}
    for (const [column, value] of Object.entries(values)) {
      const given = await givenBy(transaction, value)
      if (given === undefined) return undefined
      all[column] = given
    }
    return all
  }

  async #send(
    transaction: Queryable,
    sql: string,
    values: Readonly<Record<string, Json>>,
  ): Promise<readonly { readonly id: number }[]> {
    this.statements.push(`${sql} -- ${JSON.stringify(values)}`)
    const parameters = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        value !== null && typeof value === 'object' ? JSON.stringify(value) : value,
      ]),
    )
    return await transaction.query<{ id: number }>(sql, parameters)
  }
}

function statementOf(
  edit: Exclude<Edit, LineEdit>,
  columns: readonly string[],
  rowId: number | undefined,
): string {
  const { table } = edit
  const given = (column: string): string => `:${column}::${typeOf(table, column)}`
  if (edit.edit === 'update')
    return `UPDATE ${table} SET ${columns.map((name) => `${name} = ${given(name)}`).join(', ')} WHERE id = ${rowId} RETURNING id`
  if (columns.length === 0) return `INSERT INTO ${table} DEFAULT VALUES RETURNING id`
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(given).join(', ')}) RETURNING id`
}

/** Of contents a row has the digest. */
const kept = (table: KindName, values: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      columnsOf(table)[name]?.content && typeof value === 'string'
        ? `sha256:${createHash('sha256').update(value).digest('hex')}`
        : value,
    ]),
  )

/** Undefined when there is nothing to refer to. */
async function givenBy(transaction: Queryable, value: Value): Promise<Json | undefined> {
  if ('literal' in value) return value.literal
  const table = 'ref' in value ? value.ref : value.expression
  const id = await rowAt(transaction, table, value.slot)
  if (id === undefined || 'ref' in value) return id
  const text = `\${${table}(${id}).${value.column}}`
  return value.isDocument ? { of: text } : `see ${text}`
}

async function rowAt(db: Queryable, table: KindName, slot: number): Promise<number | undefined> {
  const rows = await db.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`)
  return rows[slot % Math.max(rows.length, 1)]?.id
}
