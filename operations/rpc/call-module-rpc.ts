/** A function that an installed module offers: its handler, then a sync of the tables that it touches. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import { accountsAndRegions } from '#postgres/statements/place-list.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { readTable } from '../sync/read-table.ts'
import type { RpcAnswer, RpcCall } from './catalogue.ts'

export async function callModuleRpc(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant } = call
  const { modules } = await ports.modules()
  const rpc = modules.flatMap((module) => module.rpc).find(({ name }) => name === call.name)
  const tables = await loadInstalledTables(ports, tenant)
  const installed = await installedModules(ports.platform, tenant)
  const isInstalled = installed.some(({ name }) => name === rpc?.module)
  if (!rpc || !isInstalled) {
    throw new IasqlError('module/missing', `the module of ${call.name} is not installed`)
  }
  const values = Object.fromEntries(
    rpc.arguments.map(({ name }, index): [string, Json] => [name, call.arguments[index] ?? null]),
  )
  const { accounts, regions } = await accountsAndRegions(ports.platform, tenant)
  const place = placeOf(ports, {
    accountId: accounts[0] ?? null,
    region: typeof values.region === 'string' ? values.region : (regions[0] ?? null),
  })
  const signal = AbortSignal.timeout(ports.defaults.budgetMs)
  const cloud = ports.cloud.api(rpc.client, place, signal)
  const rows = await rpc.handler(values, { place, cloud })
  try {
    for (const table of rpc.syncs) await readTable(ports, { tenant, tables, table, signal, ...place })
  } catch (error) {
    // What was done is done, and what is shown once must be shown: the next sync makes up for this one.
    ports.log('warn', 'The tables of a function could not be read after it.', { function: rpc.name, error })
  }
  return { kind: 'rows', rows }
}
