/** What a log group looks like: with a retention that changes, encrypted by a key of one's own, protected from deletion. */
import { examplesOf } from '../kit/index.ts'
import { logGroup } from './log-group.ts'

const key = 'arn:aws:kms:us-east-1:123456789012:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'

export const logGroupExamples = examplesOf(logGroup, {
  base: { log_group_name: '/ecs/shop', retention_in_days: 14, tags: { team: 'shop', stage: 'trial' } },
  update: { retention_in_days: 30, tags: { team: 'shop', tier: '1' } },
  replace: { log_group_name: '/ecs/shop-2' },
})

export const keptLogGroupExamples = examplesOf(logGroup, {
  variant: 'kept for ever',
  base: { log_group_name: '/audit', retention_in_days: 365, kms_key_id: key },
  update: { retention_in_days: null },
  replace: { log_group_name: '/audit-2' },
})

export const protectedLogGroupExamples = examplesOf(logGroup, {
  variant: 'protected',
  base: { log_group_name: '/billing', deletion_protection_enabled: true, kms_key_id: key },
  update: { deletion_protection_enabled: false, kms_key_id: null },
  replace: { log_group_class: 'INFREQUENT_ACCESS' },
  emulator: 'no AssociateKmsKey, no PutLogGroupDeletionProtection and one class of groups',
})
