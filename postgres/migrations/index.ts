/** What every tenant's schema consists of, in order. */
import type { TenantMigration } from './migration.ts'
import { tenantContentMigration } from './tenant-content.ts'
import { tenantDriftMigration } from './tenant-drift.ts'
import { tenantDriftAuthorMigration } from './tenant-drift-author.ts'
import { tenantEngineMigration } from './tenant-engine.ts'
import { tenantExistenceMigration } from './tenant-existence.ts'
import { tenantExpressionsMigration } from './tenant-expressions.ts'
import { tenantHistoryMigration } from './tenant-history.ts'
import { tenantPeopleMigration } from './tenant-people.ts'
import { tenantPlanMigration } from './tenant-plan.ts'
import { tenantRunsMigration } from './tenant-runs.ts'
import { tenantSecretsMigration } from './tenant-secrets.ts'
import { tenantTopicsMigration } from './tenant-topics.ts'
import { tenantTransactionsMigration } from './tenant-transactions.ts'
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
  tenantSecretsMigration,
  tenantTransactionsMigration,
  tenantHistoryMigration,
  tenantContentMigration,
  tenantPeopleMigration,
  tenantDriftAuthorMigration,
]
