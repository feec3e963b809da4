/** Called by CloudFormation at every deployment: the pages that are bundled beside this file go into their bucket. */
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { publishDashboard, withdrawDashboard } from '#operations/platform/publish-dashboard.ts'
import { customResource } from './custom-resource.ts'

const folder = join(import.meta.dirname, 'dashboard')

export const handler = customResource(
  async ({ properties: { bucket = '', ...configuration } }) => {
    await publishDashboard(new S3Client(), { folder, bucket, configuration })
    return {}
  },
  ({ bucket = '' }) => withdrawDashboard(new S3Client(), bucket),
)
