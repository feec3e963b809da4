/** The values behind the markers of a row, for the moment of the call that sends them; they are kept nowhere. */

import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { loadSecrets } from '#postgres/statements/secret-load.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** Values by the markers that stand for them. */
export type OpenedSecrets = ReadonlyMap<string, string>

const marker = /^secret:(\d+)$/

/** @throws IasqlError `cloud/invalid` when a value is kept no longer. */
export async function openSecrets(
  { platform, secretKeys }: Pick<Ports, 'platform' | 'secretKeys'>,
  tenant: Tenant,
  type: TableSpec,
  want: Row,
): Promise<OpenedSecrets> {
  const versions = new Map<string, string>()
  for (const [name, { secret }] of Object.entries(type.columns)) {
    const version = secret && marker.exec(String(want[name] ?? ''))?.[1]
    if (version) versions.set(version, name)
  }
  if (versions.size === 0) return new Map()
  const kept = await loadSecrets(platform, tenant, [...versions.keys()])
  const opened = new Map<string, string>()
  for (const { version, keyName, message } of kept) {
    const [value = ''] = await secretKeys.open(keyName, [message])
    opened.set(`secret:${version}`, value)
    versions.delete(version)
  }
  const [lost] = versions.values()
  if (lost === undefined) return opened
  throw new IasqlError('cloud/invalid', `the value of ${lost} is kept no longer, so it cannot be sent`, {
    hint: `Write it again: UPDATE ${type.name} SET ${lost} = …`,
  })
}

/** The row as the mapper sends it. */
export const withSecrets = (type: TableSpec, want: Row, opened: OpenedSecrets): Row =>
  opened.size === 0
    ? want
    : Object.fromEntries(
        Object.entries(want).map(([name, value]) => [
          name,
          type.columns[name]?.secret ? (opened.get(String(value)) ?? value) : value,
        ]),
      )
