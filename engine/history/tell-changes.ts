/** Tells changes one after the other, before each what it cannot do without. */
import type { AuditedChange } from './audited-change.ts'
import { isKeyTaken } from './late-columns.ts'
import { policyTable, policyTargets, policyText } from './policy-text.ts'
import { isThere, type Story, say } from './story.ts'
import { tellDelete } from './tell-delete.ts'
import { tellInsert } from './tell-insert.ts'
import { tellUpdate } from './tell-update.ts'
import { toldColumns } from './told-columns.ts'

interface Begun {
  readonly change: AuditedChange
  readonly before: AuditedChange[]
}

/** Without recursion: rows of one transaction may hang on each other in a chain as long as it is. */
export function tellChanges(story: Story, changes: readonly AuditedChange[]): void {
  const begun = new Set<number>()
  for (const change of changes) {
    if (begun.has(change.id)) continue
    const stack: Begun[] = [begin(story, change, begun)]
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.before.shift()
      if (!next) {
        stack.pop()
        tell(story, top.change)
      } else if (!begun.has(next.id)) stack.push(begin(story, next, begun))
    }
  }
}

function begin(story: Story, change: AuditedChange, begun: Set<number>): Begun {
  begun.add(change.id)
  const earlier = story.order.earlierOf(change).filter(({ id }) => !begun.has(id))
  return { change, before: [...earlier, ...neededBefore(story, change)] }
}

function neededBefore(story: Story, change: AuditedChange): readonly AuditedChange[] {
  if (!change.change) return story.order.leaving(change).filter((leaving) => !isKeyTaken(story, leaving))
  const { order, naming } = story
  const table = naming.lookup.get(change.table)
  const row = change.change
  if (!table) return []
  return toldColumns(table)
    .flatMap((column) => order.targetsOf(change.xid, { table, column, row, moment: 'after' }))
    .filter((target) => !isThere(story, target))
    .flatMap((target) => order.makerOf(change.xid, target) ?? [])
    .filter((maker) => !isKeyTaken(story, maker))
}

function tell(story: Story, change: AuditedChange): void {
  const { table: name, rowId, original, change: after } = change
  const table = story.naming.lookup.get(name)
  if (name === policyTable && change.origin === 'user') {
    say(story, change, { text: policyText(story.naming, change), about: policyTargets(change) })
  } else if (table && rowId !== null) {
    const of = { table, id: rowId }
    if (!original && after) tellInsert(story, change, of, after)
    else if (original && after) tellUpdate(story, change, of, { from: original, to: after })
    else tellDelete(story, change, of)
  }
  story.done.add(change.id)
}
