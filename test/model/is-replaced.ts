/** Whether users have asked for another resource in place of a row's. */
import { listExpressions } from '#engine/expression/expression.ts'
import type { Json } from '#engine/model/json.ts'
import { columnsOf, keyOf, type Picture, resolved } from './picture.ts'
import type { Words } from './world.ts'

/** The row, or what it cannot be moved away from, has another value than at the last rest where that means a new resource. */
export function isReplaced(key: string, words: Words, last: Picture | undefined, now: Picture): boolean {
  const row = now.rows.get(key)
  const before = last?.rows.get(key)
  const replacing = Object.entries(columnsOf(key.split('/')[0] ?? '')).filter(([, column]) => column.replaces)
  return replacing.some(([name, column]) => {
    if (words.get(key)?.has(name)) return true
    const value = row?.[name] ?? null
    if (listExpressions(value).length > 0) return isOther(value, before?.[name] ?? null, last, now)
    const parent = column.reference?.table.split('.')[1]
    if (parent === undefined || value === null) return false
    const target = keyOf(parent, value)
    const isAnother = last?.byRow.get(target)?.id !== now.byRow.get(target)?.id
    return isAnother || isReplaced(target, words, last, now)
  })
}

/** How many segments there are may change and change back between two rests. */
function isOther(value: Json, before: Json, last: Picture | undefined, now: Picture): boolean {
  if (!last || listExpressions(value).some(({ column }) => column === 'segment_count')) return true
  const [here, there] = [resolved(value, now.rows), resolved(before, last.rows)]
  return here.unknown.length + there.unknown.length > 0 || here.value !== there.value
}
