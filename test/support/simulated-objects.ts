/** What the simulated cloud has, and what it refuses: pointing at nothing, taken names, deleting what is in use. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { RowPlace } from '#engine/plan/resource.ts'

export interface CloudObject {
  readonly id: string
  readonly table: TableSpec
  readonly place: RowPlace
  readonly row: Row
  /** Ids of the objects that its reference columns name. */
  readonly pointsAt: Readonly<Record<string, string>>
  /** Made and deleted along with this one. */
  readonly parent: string | null
}

export class SimulatedObjects {
  private readonly byId = new Map<string, CloudObject>()
  /** Ids that one call has updated so far; null between calls. */
  private touched: Set<string> | null = null

  has(id: string): boolean {
    return this.byId.has(id)
  }

  ids(): readonly string[] {
    return [...this.byId.keys()].sort()
  }

  of(id: string): CloudObject {
    const found = this.byId.get(id)
    if (!found) throw new Error(`${id} does not exist`)
    return found
  }

  create(made: CloudObject): void {
    if (this.byId.has(made.id)) throw new Error(`${made.id} was made twice`)
    this.check(made)
    this.byId.set(made.id, made)
  }

  update(id: string, change: Pick<CloudObject, 'row' | 'pointsAt'>): void {
    const updated = { ...this.of(id), ...change }
    if (this.touched) this.touched.add(id)
    else this.check(updated)
    this.byId.set(id, updated)
  }

  /** The updates of one call: only what they leave is refused. */
  together(call: () => void): void {
    this.touched = new Set()
    call()
    const updated = [...this.touched]
    this.touched = null
    for (const id of updated) this.check(this.of(id))
  }

  delete(id: string): void {
    this.of(id)
    const family = this.family(id)
    for (const other of this.byId.values()) {
      const target = Object.values(other.pointsAt).find((pointed) => family.has(pointed))
      if (target && !family.has(other.id)) throw new Error(`${target} is in use by ${other.id}`)
    }
    for (const member of family) this.byId.delete(member)
  }

  isInUse(id: string): boolean {
    const family = this.family(id)
    return [...this.byId.values()].some(
      (other) => !family.has(other.id) && Object.values(other.pointsAt).some((one) => family.has(one)),
    )
  }

  private check(made: CloudObject): void {
    const missing = Object.values(made.pointsAt).find((pointed) => !this.byId.has(pointed))
    if (missing !== undefined) throw new Error(`${made.id} points at ${missing}, which does not exist`)
    const name = nameOf(made)
    if (name === null) return
    for (const other of this.byId.values()) {
      if (other.id === made.id || nameOf(other) !== name) continue
      throw new Error(`${other.id} has the name that ${made.id} wants`)
    }
  }

  private family(id: string): ReadonlySet<string> {
    const family = new Set([id])
    for (let size = 0; size !== family.size; ) {
      size = family.size
      for (const one of this.byId.values()) if (one.parent && family.has(one.parent)) family.add(one.id)
    }
    return family
  }
}

/** Null where a name is none of AWS's, or lacks a value that tells resources apart. */
function nameOf({ table, place, row, pointsAt }: CloudObject): string | null {
  const parts = table.naturalKey.map((column) => pointsAt[column] ?? row[column] ?? null)
  if (!table.named || (!table.nullsAlike && parts.includes(null))) return null
  return canonicalJson([table.name, place.accountId, place.region, ...parts])
}
