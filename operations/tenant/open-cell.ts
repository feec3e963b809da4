/** Makes a cell: the database that one tenant has for itself, like the first one. */
import { createCellDatabase } from '#postgres/cell-database.ts'
import { migratePlatform } from '#postgres/migrate.ts'
import type { Ports } from '../ports.ts'
import { directoryOf } from './cell.ts'

/** Named like its tenant, with schema iasql_platform and nothing in it. Safe to repeat. */
export async function openCell(
  ports: Pick<Ports, 'directory' | 'platform' | 'cellDatabase'>,
  tenantId: string,
): Promise<void> {
  await createCellDatabase(directoryOf(ports), tenantId)
  await migratePlatform(ports.cellDatabase(tenantId))
}
