/** Cells as such: a database that one tenant has for itself is told what was decided, looked after, and dropped. */
import { each } from '#aws/each.ts'
import { dropCellDatabase } from '#postgres/cell-database.ts'
import { cellNames, type FoundTenant } from '#postgres/statements/tenant-find.ts'
import { mirrorTenant } from '#postgres/statements/tenant-mirror.ts'
import type { Ports } from '../ports.ts'
import { directoryOf, inCell } from './cell.ts'

type Celled = Pick<Ports, 'directory' | 'platform' | 'cellDatabase'>
type Looking = Celled & Pick<Ports, 'log' | 'count'>

const cellsAtOnce = 4

/** With all that is in it and whoever is connected to it. Safe to repeat. */
export async function dropCell(ports: Celled, tenantId: string): Promise<void> {
  await dropCellDatabase(directoryOf(ports), tenantId)
}

/** What the directory has decided about a tenant, told to its cell. Safe to repeat. */
export async function tellCell(ports: Celled, { id, cell }: FoundTenant): Promise<void> {
  if (cell !== null) await mirrorTenant(directoryOf(ports), ports.cellDatabase(cell), id)
}

/**
 * Does `work` in the directory and in every cell. What fails in a cell is logged and tried again by whoever calls this the
 * next time; it keeps nobody else.
 * @throws what `work` throws in the directory
 */
export async function eachCell<Some extends Looking>(
  ports: Some,
  work: (ports: Some) => Promise<void>,
): Promise<void> {
  const inOne = async (cell: string): Promise<undefined> => {
    try {
      await work(inCell(ports, cell))
    } catch (error) {
      ports.log('error', 'The database of a tenant could not be looked after.', { cell, error })
      ports.count?.('Errors')
    }
  }
  const [directory] = await Promise.allSettled([work(ports), allCells(ports, inOne)])
  if (directory.status === 'rejected') throw directory.reason
}

async function allCells(ports: Looking, work: (cell: string) => Promise<undefined>): Promise<void> {
  try {
    await each(await cellNames(ports.platform), work, cellsAtOnce)
  } catch (error) {
    ports.log('error', 'It could not be asked which tenants have a database of their own.', { error })
  }
}
