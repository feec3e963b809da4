/** The bytes behind the digests of a row, for the moment of the call that sends them. */
import { createHash } from 'node:crypto'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { loadContent } from '#postgres/statements/content-load.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** By column. */
export type OpenedContents = ReadonlyMap<string, Uint8Array>

/** AWS may have made it empty of itself, so that nobody has written that here. */
const ofNothing = `sha256:${createHash('sha256').digest('hex')}`

/** `sent`: of an update only what it sends; the bytes of an object that was imported only AWS has. */
export async function openContents(
  { platform }: Pick<Ports, 'platform'>,
  tenant: Tenant,
  type: TableSpec,
  sent: Row,
): Promise<OpenedContents> {
  const opened = new Map<string, Uint8Array>()
  for (const [name, { content }] of Object.entries(type.columns)) {
    const digest = content && sent[name]
    if (typeof digest !== 'string') continue
    const bytes = digest === ofNothing ? new Uint8Array() : await loadContent(platform, tenant, digest)
    if (!bytes)
      throw new IasqlError('cloud/invalid', `the ${name} that ${digest} stands for is not kept here`, {
        hint: `Write it: UPDATE ${type.name} SET ${name} = …`,
      })
    opened.set(name, bytes)
  }
  return opened
}

/** The row as the mapper sends it: bytes are no JSON, and go no further than to the mapper. */
export const withContents = (row: Row, opened: OpenedContents): Row =>
  opened.size === 0
    ? row
    : Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          value === null ? null : ((opened.get(name) as unknown as Json | undefined) ?? value),
        ]),
      )
