/** Brings the schema iasql_platform of every cell to this version, before anything of this version works there. */
import { migratePlatform } from '#postgres/migrate.ts'
import type { Ports } from '../ports.ts'
import { eachCell } from './cells.ts'

/** The directory is up to date already. A cell that fails is logged; its tenant is told so when it is brought up to date. */
export async function migrateCells(
  ports: Pick<Ports, 'directory' | 'platform' | 'cellDatabase' | 'log' | 'count'>,
): Promise<void> {
  await eachCell(ports, async ({ directory, platform }) => {
    if (directory) await migratePlatform(platform)
  })
}
