/** Which tenants are on their way into another database, and how far: in the directory. */
import type { PlatformMigration } from './migration.ts'

/**
 * `copying`: the target is filled. `copied`: it is whole. `moved`: the tenant is served from it, and what it left goes.
 * `undoing`: what was made of the target goes. `failed`: all is as before, and `problem` says why.
 * `frozen_at`: the transaction since when nobody writes to the source. `holder`, `held_until`: who is at work on it.
 */
const moves = `CREATE TABLE iasql_platform.tenant_move (
  tenant_id text PRIMARY KEY REFERENCES iasql_platform.tenant ON DELETE CASCADE,
  placement text NOT NULL CHECK (placement IN ('shared', 'dedicated')),
  source_database text NOT NULL, target_database text NOT NULL,
  phase text NOT NULL CHECK (phase IN ('copying', 'copied', 'moved', 'undoing', 'failed')),
  frozen_at xid8, problem text, begun_at timestamptz NOT NULL DEFAULT now(),
  holder uuid, held_until timestamptz)`

export const movesMigration: PlatformMigration = {
  name: 'moves',
  version: 1,
  sql: [
    moves,
    'ALTER TABLE iasql_platform.tenant DROP CONSTRAINT tenant_state_check',
    `ALTER TABLE iasql_platform.tenant ADD CONSTRAINT tenant_state_check
      CHECK (state IN ('creating', 'active', 'suspended', 'deleting', 'moving'))`,
  ],
}
