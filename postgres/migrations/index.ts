/** What every tenant's schema consists of, in order. */
import type { TenantMigration } from './migration.ts'
import { tenantDriftMigration } from './tenant-drift.ts'
import { tenantEngineMigration } from './tenant-engine.ts'
import { tenantExistenceMigration } from './tenant-existence.ts'
import { tenantExpressionsMigration } from './tenant-expressions.ts'
import { tenantPlanMigration } from './tenant-plan.ts'
import { tenantRunsMigration } from './tenant-runs.ts'
import { tenantTopicsMigration } from './tenant-topics.ts'
import { tenantWallsMigration } from './tenant-walls.ts'

/** The runs' tables first: triggers and functions of the engine's write notices into them. */
export const tenantMigrations: readonly TenantMigration[] = [
  tenantRunsMigration,
  tenantEngineMigration,
  tenantExpressionsMigration,
  tenantDriftMigration,
  tenantExistenceMigration,
  tenantPlanMigration,
  tenantTopicsMigration,
  tenantWallsMigration,
]
