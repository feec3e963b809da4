/** One set of examples as blocks of SQL: made, changed in place, replaced, deleted; each ends with its apply. */
import type { ExampleRow, Examples, Need } from '#modules/kit/examples.ts'
import { type Ids, idSql, insertSql, updateSql, withName } from './example-sql.ts'

/** SQL that CI runs, or why it does not. */
export interface Block {
  readonly sql: string
  /** Why the emulator cannot run it. */
  readonly emulator?: string | undefined
}

/** What the apply of the block is held to: `-- replace subnet`. */
const applying = (action: string, table: string): string =>
  `SELECT * FROM iasql_apply(); -- ${action} ${table}`

interface Prepared {
  readonly inserts: readonly string[]
  readonly ids: Ids
  /** In the order in which they may be deleted. */
  readonly deletes: readonly string[]
}

/** The rows that others need, and how those find them. */
export function prepare(needs: Readonly<Record<string, Need>>): Prepared {
  const ids = new Map<string, string>()
  const inserts: string[] = []
  const deletes: string[] = []
  for (const [name, need] of Object.entries(needs)) {
    const row = withName(need.table, need.row, name)
    inserts.push(insertSql(need.table, row, ids))
    ids.set(name, idSql(need.table, row, ids))
    deletes.unshift(`DELETE FROM ${need.table} WHERE id = ${ids.get(name)};`)
  }
  return { inserts, ids, deletes }
}

/** The needed rows, and an apply of them where there are any. */
export function needsBlock({ inserts }: Prepared, applied: string): string {
  return [...inserts, applied].join('\n')
}

export function exampleBlocks({ table, needs, base, update, replace, emulator }: Examples): readonly Block[] {
  const { inserts, ids, deletes } = prepare(needs)
  let row: ExampleRow = withName(table, base, 'example')
  const blocks = [[...inserts, insertSql(table, row, ids), applying('create', table)]]
  const change = (changes: ExampleRow | null, action: string): void => {
    if (!changes) return
    const said = 'tags' in changes ? withName(table, changes, 'example') : changes
    blocks.push([updateSql(table, said, { id: idSql(table, row, ids), ids }), applying(action, table)])
    row = { ...row, ...said }
  }
  change(update, 'update')
  change(replace, 'replace')
  const ended = `DELETE FROM ${table} WHERE id = ${idSql(table, row, ids)};`
  blocks.push([ended, ...deletes, applying('delete', table)])
  return blocks.map((lines) => ({ sql: lines.join('\n'), emulator }))
}
