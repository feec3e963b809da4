/** `default_aws_region(text)` and `default_aws_account(text)`: the old default is cleared and the new one set at once. */
import { IasqlError } from '#engine/model/error.ts'
import { knownPlaces, setDefaultPlace } from '#postgres/statements/place-default.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { readTable } from '../sync/read-table.ts'
import type { RpcAnswer, RpcCall } from './catalogue.ts'
import { nearest } from './nearest.ts'

export async function setDefaultRegion(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const region = nameOf(call)
  const known = await knownPlaces(ports.platform, call.tenant, 'aws_regions', 'region')
  // The list of regions is read from the cloud only when somebody needs it.
  if (!known.includes(region)) await readRegions(ports, call)
  return await setDefault(ports, call, {
    table: 'aws_regions',
    column: 'region',
    value: region,
    noun: 'region',
  })
}

export async function setDefaultAccount(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const value = nameOf(call)
  return await setDefault(ports, call, {
    table: 'aws_accounts',
    column: 'account_id',
    value,
    noun: 'account',
  })
}

interface NewDefault {
  readonly table: 'aws_regions' | 'aws_accounts'
  readonly column: 'region' | 'account_id'
  readonly value: string
  readonly noun: string
}

async function setDefault(ports: Ports, call: RpcCall, place: NewDefault): Promise<RpcAnswer> {
  const { table, column, value, noun } = place
  const isSet = await setDefaultPlace(ports.platform, call.tenant, place)
  if (!isSet) {
    const known = await knownPlaces(ports.platform, call.tenant, table, column)
    throw new IasqlError('sql/statement-failed', `there is no ${noun} ${value}${nearest(value, known)}`, {
      sqlstate: '22023',
      hint: `SELECT ${column} FROM ${table} lists them.`,
    })
  }
  return { kind: 'rows', rows: [{ [call.name]: value }] }
}

async function readRegions(ports: Ports, { tenant }: RpcCall): Promise<void> {
  const tables = await loadInstalledTables(ports, tenant)
  const signal = AbortSignal.timeout(ports.defaults.budgetMs)
  await readTable(ports, { tenant, tables, signal, table: 'aws_regions', accountId: null, region: null })
}

const nameOf = ({ arguments: [name] }: RpcCall): string => (typeof name === 'string' ? name : '')
