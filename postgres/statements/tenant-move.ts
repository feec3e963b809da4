/** Moves of tenants, in the directory: who is at work on one, and how far it is. Times are the caller's. */
import type { Queryable } from '../database.ts'

export type Placement = 'shared' | 'dedicated'
export type MovePhase = 'copying' | 'copied' | 'moved' | 'undoing'

export interface Move {
  readonly tenant_id: string
  readonly placement: Placement
  readonly source_database: string
  readonly target_database: string
  readonly phase: MovePhase
  readonly frozen_at: string | null
  readonly problem: string | null
}

const columns =
  'm.tenant_id, m.placement, m.source_database, m.target_database, m.phase, m.frozen_at::text AS frozen_at, m.problem'

/** Shuts the tenant and notes where it goes; false where it is not served, or is there already. */
export async function beginMove(
  db: Queryable,
  move: { readonly tenantId: string; readonly placement: Placement; readonly target: string },
): Promise<boolean> {
  const begun = await db.run(
    `WITH shut AS (
       UPDATE iasql_platform.tenant SET state = 'moving'
       WHERE tenant_id = :tenantId AND state = 'active' AND placement <> :placement AND NOT is_home
         AND NOT EXISTS (SELECT FROM iasql_platform.tenant_move m WHERE m.tenant_id = :tenantId AND m.phase <> 'failed')
       RETURNING tenant_id, database_name)
     INSERT INTO iasql_platform.tenant_move (tenant_id, placement, source_database, target_database, phase)
     SELECT shut.tenant_id, :placement, shut.database_name, :target, 'copying' FROM shut
     ON CONFLICT (tenant_id) DO UPDATE SET placement = excluded.placement, source_database = excluded.source_database,
       target_database = excluded.target_database, phase = 'copying', frozen_at = NULL, problem = NULL,
       begun_at = excluded.begun_at, holder = NULL, held_until = NULL`,
    move,
  )
  return begun > 0
}

export interface Holding {
  readonly tenantId: string
  readonly holder: string
}

/** How long nobody else may be at work on it: longer than one call to the database may take. */
const holdingSeconds = 120

/** Undefined while somebody else is at work on it, and when it is over. */
export async function holdMove(db: Queryable, holding: Holding, now: Date): Promise<Move | undefined> {
  const rows = await db.query<Move>(
    `UPDATE iasql_platform.tenant_move m SET holder = :holder::uuid,
       held_until = :now::timestamptz + interval '${holdingSeconds} seconds'
     WHERE m.tenant_id = :tenantId AND m.phase <> 'failed'
       AND (m.holder = :holder::uuid OR m.held_until IS NULL OR m.held_until < :now::timestamptz)
     RETURNING ${columns}`,
    { ...holding, now: now.toISOString() },
  )
  return rows[0]
}

const isHeld = 'm.tenant_id = :tenantId AND m.holder = :holder::uuid'

export async function letGoOfMove(db: Queryable, holding: Holding): Promise<void> {
  await db.run(`UPDATE iasql_platform.tenant_move m SET holder = NULL, held_until = NULL WHERE ${isHeld}`, {
    ...holding,
  })
}

/** From now on whoever writes to the source is found out. */
export async function noteFrozen(db: Queryable, holding: Holding): Promise<string | undefined> {
  const rows = await db.query<{ frozen_at: string }>(
    `UPDATE iasql_platform.tenant_move m SET frozen_at = pg_catalog.pg_current_xact_id()
     WHERE ${isHeld} AND m.phase = 'copying' RETURNING m.frozen_at::text AS frozen_at`,
    { ...holding },
  )
  return rows[0]?.frozen_at
}

/** False when it is somebody else's, or in another phase. */
export async function noteCopied(db: Queryable, holding: Holding): Promise<boolean> {
  const changed = await db.run(
    `UPDATE iasql_platform.tenant_move m SET phase = 'copied' WHERE ${isHeld} AND m.phase = 'copying'`,
    { ...holding },
  )
  return changed > 0
}

/** The tenant is served from its new place, in this very statement. */
export async function noteMoved(db: Queryable, holding: Holding): Promise<boolean> {
  const changed = await db.run(
    `WITH moved AS (
       UPDATE iasql_platform.tenant_move m SET phase = 'moved' WHERE ${isHeld} AND m.phase = 'copied'
         AND EXISTS (SELECT FROM iasql_platform.tenant t WHERE t.tenant_id = m.tenant_id AND t.state = 'moving')
       RETURNING m.tenant_id, m.placement, m.target_database)
     UPDATE iasql_platform.tenant t
     SET database_name = moved.target_database, placement = moved.placement, state = 'active'
     FROM moved WHERE t.tenant_id = moved.tenant_id AND t.state = 'moving'`,
    { ...holding },
  )
  return changed > 0
}

/** There is no way forward any more. */
export async function noteUndoing(db: Queryable, holding: Holding, problem: string): Promise<boolean> {
  const changed = await db.run(
    `UPDATE iasql_platform.tenant_move m SET phase = 'undoing', problem = :problem
     WHERE ${isHeld} AND m.phase IN ('copying', 'undoing')`,
    { ...holding, problem: problem.slice(0, 2_000) },
  )
  return changed > 0
}

/** The tenant is served where it was. */
export async function reopenTenant(db: Queryable, holding: Holding): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.tenant t SET state = 'active' FROM iasql_platform.tenant_move m
     WHERE t.tenant_id = m.tenant_id AND t.state = 'moving' AND ${isHeld} AND m.phase = 'undoing'`,
    { ...holding },
  )
}

/** Nothing is left of it but why it failed, to be read until the tenant is moved. */
export async function noteFailed(db: Queryable, holding: Holding): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.tenant_move m SET phase = 'failed', holder = NULL, held_until = NULL
     WHERE ${isHeld} AND m.phase = 'undoing'`,
    { ...holding },
  )
}

export async function endMove(db: Queryable, holding: Holding): Promise<void> {
  await db.run(`DELETE FROM iasql_platform.tenant_move m WHERE ${isHeld} AND m.phase = 'moved'`, {
    ...holding,
  })
}

/** Keeps everybody else from changing it until the transaction ends. */
export async function stillHeld(
  transaction: Queryable,
  holding: Holding,
  phase: MovePhase,
): Promise<boolean> {
  const rows = await transaction.query(
    `SELECT m.tenant_id FROM iasql_platform.tenant_move m WHERE ${isHeld} AND m.phase = :phase FOR UPDATE`,
    { ...holding, phase },
  )
  return rows.length > 0
}
